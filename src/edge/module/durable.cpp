#include "edge/module/durable.hpp"

#include "edge/module/group_commit.hpp"
#include "edge/module/phases.hpp"
#include "edge/module/refuse.hpp"
#include "edge/module/worker.hpp"

namespace tally::edge {

enum class HeldState : std::uint8_t {
    kWaiting,
    kPassing,    // on disk: everything goes through
    kSwallowing  // another answer went out, or one without a body: the rest is thrown away
};

// An answer that waits. Lives in the request's pool.
struct HeldAnswer {
    SyncWaiter waiter;  // first: wake() gets here from it
    ngx_http_request_t* request;
    RequestContext* context;
    ngx_chain_t* body;
    HeldState state;
    bool header_only;  // as it was before it was held
};

namespace {

// nginx's own filters leave this one of the four bits of r->buffered free. It keeps a request open that has
// nothing more to do.
constexpr unsigned kHeldBit = 0x08;

ngx_http_output_body_filter_pt next_body = nullptr;

void forget(void* data) {
    leave_group(static_cast<HeldAnswer*>(data)->waiter);
}

// As nginx's own header filter, which comes later, decides it. An upstream's status line tells it nothing.
bool has_no_body(const ngx_http_request_t* request) {
    const ngx_http_headers_out_t& out = request->headers_out;
    return request->method == NGX_HTTP_HEAD ||
           (out.status_line.len == 0 &&
            (out.status == NGX_HTTP_NO_CONTENT || out.status == NGX_HTTP_NOT_MODIFIED));
}

void swallow(ngx_chain_t* chain) {
    for (; chain != nullptr; chain = chain->next) {
        chain->buf->pos = chain->buf->last;
        chain->buf->file_pos = chain->buf->file_last;
    }
}

// The upstream has answered and nobody will ever see it.
ngx_int_t reject(HeldAnswer& held) {
    held.state = HeldState::kPassing;
    held.context->refusal = Refusal::kNoRoom;
    held.request->err_status = 0;
    const ngx_int_t result = refuse_late(held.request, *held.context);
    held.state = HeldState::kSwallowing;
    return result;
}

// Sends what was held. As a header filter: NGX_OK, NGX_ERROR, or the status that the filters want instead.
ngx_int_t send_held(HeldAnswer& held, int error) {
    ngx_http_request_t* const request = held.request;
    ngx_chain_t* const body = held.body;
    held.body = nullptr;
    request->buffered = request->buffered & ~kHeldBit & 0xF;
    request->header_only = held.header_only ? 1 : 0;
    if (error != 0 && held.context->config->on_full == kReject) {
        swallow(body);
        return reject(held);
    }
    held.state = HeldState::kPassing;
    const ngx_int_t result = next_header_filter(request);
    if (result == NGX_ERROR || result > NGX_OK || request->header_only) {
        held.state = result > NGX_OK ? HeldState::kPassing : HeldState::kSwallowing;
        swallow(body);
        return result;
    }
    return body == nullptr || next_body(request, body) != NGX_ERROR ? NGX_OK : NGX_ERROR;
}

// From the event loop. The content handler may be done or still at work; either way its own write handler
// takes it from here.
void go_on(SyncWaiter& waiter) {
    auto& held = reinterpret_cast<HeldAnswer&>(waiter);
    ngx_http_request_t* const request = held.request;
    ngx_connection_t* const connection = request->connection;
    ngx_http_set_log_request(connection->log, request);
    const ngx_int_t result = send_held(held, waiter.error);
    if (result == NGX_ERROR || result > NGX_OK)
        ngx_http_finalize_request(request, result);
    else
        request->write_event_handler(request);
    ngx_http_run_posted_requests(connection);
}

// Where nothing can be held.
ngx_int_t send_after_sync_here(ngx_http_request_t* request, RequestContext& context) {
    const int error = sync_here(context.pending, *worker());
    if (error == 0 || context.config->on_full != kReject)
        return next_header_filter(request);
    context.refusal = Refusal::kNoRoom;
    return refuse_late(request, context);
}

ngx_int_t keep(HeldAnswer& held, ngx_chain_t* in) {
    if (in != nullptr && ngx_chain_add_copy(held.request->pool, &held.body, in) != NGX_OK)
        return NGX_ERROR;
    return NGX_AGAIN;
}

// Output of a subrequest cannot be kept in order with the main request's.
ngx_int_t send_before_subrequest(HeldAnswer& held) {
    leave_group(held.waiter);
    const ngx_int_t result = send_held(held, sync_here(held.context->pending, *worker()));
    return result > NGX_OK ? NGX_ERROR : result;
}

// nginx's last filter calls it an error when it is to go on with nothing.
bool has_output_left(const ngx_http_request_t& request) {
    return request.buffered != 0 || request.connection->buffered != 0 || request.postponed != nullptr;
}

ngx_int_t filter_body(ngx_http_request_t* request, ngx_chain_t* in) {
    RequestContext* const context = find_context(request->main);
    if (context == nullptr || context->held == nullptr)
        return next_body(request, in);
    HeldAnswer& held = *context->held;
    if (held.state == HeldState::kWaiting) {
        if (request == request->main)
            return keep(held, in);
        if (send_before_subrequest(held) != NGX_OK)
            return NGX_ERROR;
    }
    if (held.state == HeldState::kSwallowing) {
        swallow(in);
        in = nullptr;
    }
    return in == nullptr && !has_output_left(*request) ? NGX_OK : next_body(request, in);
}

}  // namespace

void install_durable() {
    next_body = ngx_http_top_body_filter;
    ngx_http_top_body_filter = filter_body;
}

bool is_durable(ngx_http_request_t* request, const RequestContext& context) {
    return context.config->durable != 0 || location_config(request)->durable != 0;
}

bool waits_for_sync(const RequestContext& context) {
    return context.held != nullptr && context.held->state == HeldState::kWaiting;
}

ngx_int_t send_when_durable(ngx_http_request_t* request, RequestContext& context) {
    auto* held = static_cast<HeldAnswer*>(ngx_pcalloc(request->pool, sizeof(HeldAnswer)));
    ngx_http_cleanup_t* const cleanup = ngx_http_cleanup_add(request, 0);
    const bool upgraded = request->headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS;
    if (held == nullptr || cleanup == nullptr || upgraded)
        return send_after_sync_here(request, context);
    cleanup->handler = forget;
    cleanup->data = held;
    held->waiter.record = &context.pending;
    held->waiter.wake = go_on;
    held->request = request;
    held->context = &context;
    held->header_only = request->header_only != 0;
    context.held = held;
    if (has_no_body(request))
        request->header_only = 1;  // so that the content handler sends none
    request->buffered = (request->buffered | kHeldBit) & 0xF;
    join_group(held->waiter);
    return NGX_OK;
}

}  // namespace tally::edge
