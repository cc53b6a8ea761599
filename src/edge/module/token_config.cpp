#include "edge/module/token_config.hpp"

#include <new>

namespace tally::edge {
namespace {

constexpr ngx_msec_t kClockSkewDefault = 60'000;
constexpr ngx_msec_t kClockSkewMax = 300'000;

std::string_view view(const ngx_str_t& text) {
    return {reinterpret_cast<const char*>(text.data), text.len};
}

TextList list(const ngx_array_t* texts) {
    static constexpr std::string_view kAccess[] = {"access"};
    if (texts == nullptr)
        return {kAccess, 1};
    return {static_cast<const std::string_view*>(texts->elts), texts->nelts};
}

ngx_int_t fail(ngx_conf_t* cf, const char* reason) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", reason);
    return NGX_ERROR;
}

}  // namespace

ngx_conf_enum_t unknown_principal_names[] = {
    {str("refuse"), kRefusePrincipal}, {str("admit"), kAdmitPrincipal}, {ngx_null_string, 0}};

TokenRules TokenConfig::rules() const {
    TokenRules rules;
    rules.issuer = view(issuer);
    rules.audiences = list(audiences);
    rules.token_uses = list(uses);
    rules.principal_claim = view(principal_claim);
    rules.clock_skew_us = static_cast<std::int64_t>(clock_skew) * 1000;
    return rules;
}

void unset_token_config(TokenConfig& config) {
    config.clock_skew = NGX_CONF_UNSET_MSEC;
    config.unknown_principal = NGX_CONF_UNSET_UINT;
}

void init_token_config(TokenConfig& config) {
    ngx_conf_init_msec_value(config.clock_skew, kClockSkewDefault);
    ngx_conf_init_uint_value(config.unknown_principal, kRefusePrincipal);
    if (config.principal_claim.len == 0)
        config.principal_claim = str("sub");
}

ngx_int_t check_token_config(ngx_conf_t* cf, const TokenConfig& config) {
    if (!config.configured()) {
        if (config.wanted)
            return fail(cf, "\"tallyman_token on\" needs \"tallyman_jwt_issuer name;\" in http{}");
        if (config.jwks.len != 0 || config.audiences != nullptr || config.uses != nullptr)
            return fail(cf,
                        "\"tallyman_jwks\", \"tallyman_jwt_audience\" and \"tallyman_jwt_token_use\" need "
                        "\"tallyman_jwt_issuer name;\" in http{}");
        return NGX_OK;
    }
    if (config.jwks.len == 0)
        return fail(cf, "\"tallyman_jwt_issuer\" needs \"tallyman_jwks path;\" in http{}");
    if (config.audiences == nullptr)
        return fail(cf,
                    "\"tallyman_jwt_issuer\" needs \"tallyman_jwt_audience name ...;\" in http{}; \"*\" lets "
                    "tokens for anybody in");
    return NGX_OK;
}

char* set_token_text(ngx_conf_t* cf, ngx_command_t* command, void* config) {
    auto* field = reinterpret_cast<ngx_str_t*>(static_cast<char*>(config) + command->offset);
    if (field->data != nullptr)
        return const_cast<char*>("is duplicate");
    *field = static_cast<ngx_str_t*>(cf->args->elts)[1];
    if (field->len == 0 || field->len > kIssuerSizeMax)
        return const_cast<char*>("needs a text of 1 to 512 bytes");
    return NGX_CONF_OK;
}

char* set_token_texts(ngx_conf_t* cf, ngx_command_t* command, void* config) {
    auto*& texts = *reinterpret_cast<ngx_array_t**>(static_cast<char*>(config) + command->offset);
    if (texts != nullptr)
        return const_cast<char*>("is duplicate");
    texts = ngx_array_create(cf->pool, cf->args->nelts - 1, sizeof(std::string_view));
    if (texts == nullptr)
        return static_cast<char*>(NGX_CONF_ERROR);
    const auto* const arguments = static_cast<const ngx_str_t*>(cf->args->elts);
    for (ngx_uint_t i = 1; i < cf->args->nelts; ++i) {
        if (arguments[i].len == 0)
            return const_cast<char*>("needs texts that are not empty");
        new (ngx_array_push(texts)) std::string_view(view(arguments[i]));
    }
    return NGX_CONF_OK;
}

char* set_clock_skew(ngx_conf_t* cf, ngx_command_t* command, void* config) {
    char* const result = ngx_conf_set_msec_slot(cf, command, config);
    const auto* field = reinterpret_cast<ngx_msec_t*>(static_cast<char*>(config) + command->offset);
    if (result == NGX_CONF_OK && *field > kClockSkewMax)
        return const_cast<char*>("must be 300s at most");
    return result;
}

}  // namespace tally::edge
