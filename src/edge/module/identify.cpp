#include "edge/module/admit.hpp"
#include "edge/module/phases.hpp"
#include "edge/module/refuse.hpp"
#include "edge/module/request_context.hpp"
#include "edge/module/worker.hpp"

namespace tally::edge {
namespace {

Refusal decide(const ngx_http_request_t* request, const RequestContext& context, const LocationConfig& config,
               Worker* here) {
    // Uncounted service is not on offer: without the counters `serve` falls back to `reject`.
    if (here == nullptr)
        return Refusal::kNoRoom;
    if (!here->ensure_room(context.start_wall_us) &&
        (config.on_full == kReject || !here->counters.available()))
        return Refusal::kNoRoom;
    if ((request->method & config.methods) == 0)
        return Refusal::kMethodNotAllowed;
    if (context.auth == AuthResult::kIdentified)
        return Refusal::kNone;
    if (context.key_table_missing)
        return Refusal::kKeyTableUnavailable;
    const bool without_key =
        context.auth == AuthResult::kAnonymous || context.auth == AuthResult::kMissingKey;
    if (without_key && config.anonymous)
        return Refusal::kNone;
    if (context.auth == AuthResult::kExpiredToken)
        return Refusal::kTokenExpired;
    const bool wants_token = config.token && here->tokens.configured();
    return context.auth == AuthResult::kInvalidToken || (without_key && wants_token) ? Refusal::kUnauthorized
                                                                                     : Refusal::kForbidden;
}

}  // namespace

// Before the content phase, so that nothing reaches the upstream or a cache that may not. An internal
// redirect into a stricter location is decided again; the page of an error is not. Limits are asked last, and
// once a request.
ngx_int_t identify_request(ngx_http_request_t* request) {
    if (request != request->main)
        return NGX_DECLINED;
    const LocationConfig* config = location_config(request);
    if (!config->enabled)
        return NGX_DECLINED;
    RequestContext* context = obtain_context(request, *config);
    if (context == nullptr)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    if (context->refusal != Refusal::kNone || request->error_page)
        return NGX_DECLINED;
    context->refusal = decide(request, *context, *config, worker());
    if (context->refusal == Refusal::kNone && context->auth == AuthResult::kIdentified &&
        !context->admitted) {
        context->admitted = true;
        context->refusal = admit_caller(request, *context, *worker());
    }
    return context->refusal == Refusal::kNone ? NGX_DECLINED : refuse(request, *context);
}

}  // namespace tally::edge
