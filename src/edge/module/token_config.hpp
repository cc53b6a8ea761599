#pragma once

#include "edge/module/ngx.hpp"
#include "edge/token/jwt.hpp"

namespace tally::edge {

enum UnknownPrincipal : ngx_uint_t { kRefusePrincipal, kAdmitPrincipal };

// `tallyman_token` where it is not said: on, as far as there is an issuer.
inline constexpr ngx_flag_t kTokenWhereIssuer = 2;

// Whose tokens are trusted, and what they must say; set once for all of http{}.
struct TokenConfig {
    ngx_str_t jwks;    // the key file's path, zero-terminated
    ngx_str_t issuer;  // empty = there are no tokens
    ngx_array_t* audiences;
    ngx_array_t* uses;  // both of std::string_view; null = the directive is not there
    ngx_str_t principal_claim;
    ngx_msec_t clock_skew;
    ngx_uint_t unknown_principal;
    ngx_flag_t wanted;  // some location has `tallyman_token on`

    [[nodiscard]] bool configured() const { return issuer.len != 0; }

    // What is configured, for the life of the configuration.
    [[nodiscard]] TokenRules rules() const;
};

void unset_token_config(TokenConfig& config);

// Puts in the defaults.
void init_token_config(TokenConfig& config);

// NGX_ERROR, with the reason in the log, where directives are missing or stand alone.
ngx_int_t check_token_config(ngx_conf_t* cf, const TokenConfig& config);

// Configuration handlers, for the field at the directive's offset: an issuer or claim; a list of texts.
char* set_token_text(ngx_conf_t* cf, ngx_command_t* command, void* config);
char* set_token_texts(ngx_conf_t* cf, ngx_command_t* command, void* config);
char* set_clock_skew(ngx_conf_t* cf, ngx_command_t* command, void* config);

extern ngx_conf_enum_t unknown_principal_names[];

}  // namespace tally::edge
