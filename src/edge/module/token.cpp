#include "edge/module/token.hpp"

#include "edge/module/caller.hpp"
#include "edge/module/config.hpp"

#include <cstring>

namespace tally::edge {
namespace {

constexpr time_t kSaySeconds = 60;

std::string_view view(const ngx_str_t& text) {
    return {reinterpret_cast<const char*>(text.data), text.len};
}

// What of Authorization may be a token: behind "Bearer", or all of it where no scheme stands before. Empty
// for other schemes.
ngx_str_t token_of(const ngx_table_elt_t& header) {
    const ngx_str_t behind_scheme = bearer_token(header.value);
    if (behind_scheme.data != nullptr)
        return behind_scheme;
    const bool has_scheme = std::memchr(header.value.data, ' ', header.value.len) != nullptr;
    return has_scheme ? ngx_str_t{0, nullptr} : header.value;
}

// The issuer's own tokens that do not fit our settings are worth a line: somebody has to change one of them.
// Once a minute, and nothing of the token.
void report_fault(TokenFault fault, const Worker& worker) {
    static time_t said = 0;
    const bool ours =
        fault == TokenFault::kAudience || fault == TokenFault::kUse || fault == TokenFault::kPrincipal;
    if (!ours || ngx_time() < said + kSaySeconds)
        return;
    said = ngx_time();
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "tallyman: a token of the issuer \"%V\" was refused: %s",
                  &worker.config->token.issuer, token_fault_text(fault));
}

void report_keys(Worker& worker, int error) {
    if (error == worker.tokens_error)
        return;
    worker.tokens_error = error;
    const ngx_str_t* const path = &worker.config->token.jwks;
    const char* const hint = "tokens are answered 503 unless there are keys from before";
    if (error == JwksReader::kBadFile) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "tallyman: \"%V\" is damaged or of another version; %s",
                      path, hint);
    } else if (error == JwksReader::kOtherIssuer) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "tallyman: \"%V\" has the keys of another issuer than \"%V\"; %s", path,
                      &worker.config->token.issuer, hint);
    } else if (error != 0) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, error,
                      "tallyman: cannot read the issuer's keys \"%V\"; %s", path, hint);
    } else {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "tallyman: the issuer's keys \"%V\" are readable again", path);
    }
}

// The principal outlives the table of remembered tokens only in the request's own memory.
bool keep_principal(const ngx_http_request_t* request, std::string_view principal, RequestContext& context) {
    context.principal.data = static_cast<u_char*>(ngx_pnalloc(request->pool, principal.size()));
    if (context.principal.data == nullptr)
        return false;
    std::memcpy(context.principal.data, principal.data(), principal.size());
    context.principal.len = principal.size();
    return true;
}

// A principal stands in the key table as a key does, and whoever is behind it has its plan and limits.
void find_customer(const Digest128& principal, RequestContext& context, Worker& worker) {
    switch (worker.keys.find(principal, context.start_wall_us, context.slot)) {
        case KeyLookup::kActive: context.auth = AuthResult::kIdentified; break;
        case KeyLookup::kRevoked: context.auth = AuthResult::kRevokedKey; break;
        case KeyLookup::kUnavailable: context.key_table_missing = true; break;
        case KeyLookup::kUnknown:
            if (worker.config->token.unknown_principal == kAdmitPrincipal) {
                context.slot = {};  // no key, no customer, no limits
                context.auth = AuthResult::kIdentified;
            }
            break;
    }
}

void check_token(const ngx_http_request_t* request, ngx_str_t token, RequestContext& context,
                 Worker& worker) {
    context.auth = AuthResult::kInvalidToken;
    if (!worker.keys.available()) {
        context.key_table_missing = true;
        return;
    }
    const TokenVerdict verdict = worker.tokens.check(
        view(token), worker.keys.secret(), worker.keys.digest(token.data, token.len), context.start_wall_us);
    report_fault(verdict.fault, worker);
    if (verdict.fault == TokenFault::kNoKeys)
        context.key_table_missing = true;
    if (verdict.fault != TokenFault::kNone && verdict.fault != TokenFault::kExpired)
        return;
    if (!keep_principal(request, verdict.principal, context))
        return;
    if (verdict.fault == TokenFault::kExpired) {
        context.auth = AuthResult::kExpiredToken;
        return;
    }
    context.auth = AuthResult::kUnknownKey;
    find_customer(verdict.principal_digest, context, worker);
}

}  // namespace

void find_token_caller(ngx_http_request_t* request, RequestContext& context, Worker& worker) {
    const bool anonymous = context.config->anonymous != 0;
    context.auth = anonymous ? AuthResult::kAnonymous : AuthResult::kMissingKey;
    const ngx_table_elt_t* const header = request->headers_in.authorization;
    if (header == nullptr)
        return;
    const ngx_str_t token = token_of(*header);
    TokenParts parts;
    // Where nobody needs a token, what is none belongs to the upstream.
    if (token.len == 0 || (anonymous && !split_token(view(token), parts)))
        return;
    check_token(request, token, context, worker);
    // Its id stands in the token's place in the record.
    if (context.has_slot() && context.slot.key_id_size != 0) {
        context.key_header = header;
        context.key = token;
    }
}

void open_tokens(Worker& worker) {
    const TokenConfig& config = worker.config->token;
    if (config.configured())
        report_keys(worker,
                    worker.tokens.open(reinterpret_cast<const char*>(config.jwks.data), config.rules()));
}

void refresh_tokens(Worker& worker) {
    if (worker.tokens.configured())
        report_keys(worker, worker.tokens.refresh());
}

}  // namespace tally::edge
