#include "edge/module/cache_ttl.hpp"
#include "edge/module/connection_facts.hpp"
#include "edge/module/durable.hpp"
#include "edge/module/gateway_error.hpp"
#include "edge/module/phases.hpp"
#include "edge/module/refuse.hpp"
#include "edge/module/request_context.hpp"
#include "edge/module/request_strings.hpp"
#include "edge/module/response_facts.hpp"
#include "edge/module/worker.hpp"

namespace tally::edge {
namespace {

using capture::RecordBuilder;

std::int64_t not_negative(std::int64_t value) {
    return value > 0 ? value : 0;
}

// `fixed` is all zeros.
void fill_fixed(ngx_http_request_t* request, const RequestContext& context, std::int64_t age_us,
                capture::FixedPart& fixed) {
    fixed.time_us = static_cast<std::uint64_t>(context.start_wall_us);
    fixed.first_byte_us = age_us;
    fixed.header_count = context.header_count;
    fixed.auth = static_cast<std::uint8_t>(context.auth);
    if (request->headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS)
        fixed.flags |= capture::kFlagWebSocket;
    describe_connection(request, fixed);
}

// The whole record. False when there is no room for it.
bool append_record(ngx_http_request_t* request, RequestContext& context, Worker& here, const Moment& now,
                   bool ended) {
    RequestStrings strings(request, context, here);
    const std::size_t wanted = capture::kStringsOffset + strings.room() + capture::kRecordAlignment;
    const std::size_t size = wanted < capture::kRecordSizeMax ? wanted : capture::kRecordSizeMax;
    RecordBuilder record;
    if (!here.writer_open || !here.writer.begin(size, static_cast<std::uint64_t>(now.wall_us), record))
        return false;
    const std::int64_t age_us = not_negative(now.monotonic_us - context.start_monotonic_us);
    record.completion->state = ended ? capture::kDone : capture::kPending;
    record.completion->time_taken_us = age_us;
    describe_response(request, context.refusal, ended, *record.completion);
    fill_fixed(request, context, ended ? kAbsent : age_us,
               *record.fixed);  // ended: without a response header
    record.fixed->response_result = record.completion->result;
    strings.write(record);
    context.pending = here.writer.commit(record);
    return true;
}

// No room and nothing to be done about it any more, or nothing that is wanted: the request goes uncaptured.
void count_uncaptured(RequestContext& context, Worker& here, const Moment& now) {
    context.step = CaptureStep::kUncaptured;
    here.count(context.refusal == Refusal::kNone ? Uncaptured::kLost : Uncaptured::kRefused, now.wall_us);
}

// The room was there when the request came in and is gone now: take back the upstream's answer.
ngx_int_t reject_late(ngx_http_request_t* request, RequestContext& context, Worker& here, const Moment& now) {
    context.refusal = Refusal::kNoRoom;
    count_uncaptured(context, here, now);
    return ngx_http_filter_finalize_request(request, &ngx_http_tallyman_module, NGX_HTTP_SERVICE_UNAVAILABLE);
}

RequestContext* context_to_capture(ngx_http_request_t* request) {
    if (RequestContext* context = find_context(request))
        return context;
    const LocationConfig* config = location_config(request);
    return config->enabled ? obtain_context(request, *config) : nullptr;
}

}  // namespace

ngx_int_t capture_response_header(ngx_http_request_t* request) {
    set_cache_ttl_of_answer(request);
    Worker* const here = worker();
    if (request != request->main || here == nullptr)
        return next_header_filter(request);
    RequestContext* context = context_to_capture(request);
    if (context != nullptr && waits_for_sync(*context))
        return NGX_ERROR;
    if (context == nullptr || context->step != CaptureStep::kNotYet)
        return next_header_filter(request);
    turn_into_gateway_error(request, *context);
    const Moment now = here->now();
    const bool written = append_record(request, *context, *here, now, false);
    hide_dimensions(*request, context->config->dimensions);
    if (written) {
        context->step = CaptureStep::kWritten;
        return is_durable(request, *context) ? send_when_durable(request, *context)
                                             : next_header_filter(request);
    }
    const bool reject = context->config->on_full == kReject || !here->counters.available();
    if (reject && context->refusal == Refusal::kNone)
        return reject_late(request, *context, *here, now);
    count_uncaptured(*context, *here, now);
    return next_header_filter(request);
}

ngx_int_t complete_request(ngx_http_request_t* request) {
    Worker* const here = worker();
    if (request != request->main || here == nullptr)
        return NGX_OK;
    RequestContext* context = context_to_capture(request);
    if (context == nullptr || context->step == CaptureStep::kUncaptured)
        return NGX_OK;
    const Moment now = here->now();
    if (context->step == CaptureStep::kWritten) {
        if (capture::PendingRecord& pending = context->pending; pending.segment != nullptr) {
            pending.completion->time_taken_us = not_negative(now.monotonic_us - context->start_monotonic_us);
            describe_end(request, context->refusal, *pending.completion);
            here->writer.complete_in_place(pending);
        }
        return NGX_OK;
    }
    if (append_record(request, *context, *here, now, true))
        context->step = CaptureStep::kWritten;
    else
        count_uncaptured(*context, *here, now);
    return NGX_OK;
}

}  // namespace tally::edge
