#pragma once

#include "model/realtime_fields.hpp"
#include "model/request_record.hpp"

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

// One captured request as the lines of other systems' access logs. Pure. Every line ends in '\n'; a value
// that is not there is "-"; key values stand masked in the record already.
namespace tally::delivery {

// What a CloudFront standard log file starts with: "#Version: 1.0" and "#Fields: …" with the 33 fields.
std::string_view standard_log_header();

// CloudFront standard (legacy) log: 33 fields, tab-separated, W3C extended format. Values are encoded as
// CloudFront encodes them (RFC 1738); in cs-uri-stem, cs-uri-query and cs(Referer), which are URLs already,
// '%' stays as it was sent. A client that left before an answer has the status 000. Times are the request's
// start.
void append_standard_line(const RequestRecord& record, std::string& out);

using RealtimeSelection = std::bitset<kRealtimeFields.size()>;

// Fields 1 to 41 and 44 to 46: those of the published sample.
RealtimeSelection sample_realtime_fields();

// CloudFront real-time log: the selected fields in canonical order, tab-separated. cs-headers and
// cs-header-names are complete (CloudFront cuts them at 800 bytes).
void append_realtime_line(const RequestRecord& record, const RealtimeSelection& selection, std::string& out);

// The record of API Gateway's published sample: one JSON object with request_id, ip, user, request_time
// (epoch milliseconds, a number), http_method, resource_path, status, protocol, response_length (a number).
// `user` is the token's principal, else "-"; response_length the body's length, else all bytes sent.
void append_gateway_line(const RequestRecord& record, std::string& out);

}  // namespace tally::delivery
