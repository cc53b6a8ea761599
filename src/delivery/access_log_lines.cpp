#include "delivery/access_log_lines.hpp"

#include "base/json_writer.hpp"
#include "base/time_text.hpp"
#include "model/log_encoding.hpp"
#include "model/request_text.hpp"

#include <array>
#include <functional>
#include <iterator>

#include <fmt/format.h>

namespace tally::delivery {
namespace {

constexpr std::string_view kNone = "-";

// Ends a field; an empty one is written as "-".
void end_field(std::string& out, std::size_t began) {
    if (out.size() == began)
        out += kNone;
    out += '\t';
}

void append_encoded(std::string_view text, std::string& out) {
    append_cloudfront_text(text, out);
}

// What is a URL already keeps its own %XX.
void append_url(std::string_view url, std::string& out) {
    while (!url.empty()) {
        const std::size_t percent = url.find('%');
        append_cloudfront_text(url.substr(0, percent), out);
        if (percent == std::string_view::npos)
            return;
        out += '%';
        url.remove_prefix(percent + 1);
    }
}

void append_seconds(std::int64_t us, std::string& out) {
    if (us >= 0)
        fmt::format_to(std::back_inserter(out), "{}.{:03}", us / 1'000'000, us / 1000 % 1000);
}

void append_count(std::int64_t count, std::string& out) {
    if (count >= 0)
        fmt::format_to(std::back_inserter(out), "{}", count);
}

// The end of an interrupted request is unknown, not zero.
void append_bytes(const RequestRecord& record, std::int64_t bytes, std::string& out) {
    if (record.state != CaptureState::kInterrupted || bytes != 0)
        append_count(bytes, out);
}

// A column of the lake's table, as text and not yet encoded.
std::string_view column_text(const RequestRecord& record, std::size_t column, std::string& scratch) {
    return std::get<TextValue>(kRequestValues[column])(record, scratch);
}

template <std::size_t Column>
void append_column(const RequestRecord& record, std::string& out) {
    thread_local std::string scratch;
    append_encoded(column_text(record, Column, scratch), out);
}

using AppendField = void (*)(const RequestRecord& record, std::string& out);

struct StandardField {
    std::string_view name;
    AppendField append;
};

constexpr AppendField kNoField = [](const RequestRecord&, std::string&) {};

// CloudFront's standard log in its order. cs(Host) is the distribution and x-host-header the client's Host:
// the other way round than in the real-time log.
constexpr std::array kStandardFields = {
    StandardField{"date", [](const RequestRecord& r,
                             std::string& out) { out += format_rfc3339(r.time).substr(0, 10); }},
    StandardField{"time", [](const RequestRecord& r,
                             std::string& out) { out += format_rfc3339(r.time).substr(11, 8); }},
    StandardField{"x-edge-location", append_column<requests_column("x_edge_location")>},
    StandardField{"sc-bytes",
                  [](const RequestRecord& r, std::string& out) { append_bytes(r, r.bytes_sent, out); }},
    StandardField{"c-ip", append_column<requests_column("c_ip")>},
    StandardField{"cs-method", append_column<requests_column("cs_method")>},
    StandardField{"cs(Host)", append_column<requests_column("x_host_header")>},
    StandardField{"cs-uri-stem",
                  [](const RequestRecord& r, std::string& out) { append_url(r.uri_stem, out); }},
    StandardField{"sc-status",
                  [](const RequestRecord& r, std::string& out) {
                      fmt::format_to(std::back_inserter(out), "{:03}", r.status == 499 ? 0 : r.status);
                  }},
    StandardField{"cs(Referer)",
                  [](const RequestRecord& r, std::string& out) { append_url(r.referer, out); }},
    StandardField{"cs(User-Agent)",
                  [](const RequestRecord& r, std::string& out) { append_encoded(r.user_agent, out); }},
    StandardField{"cs-uri-query",
                  [](const RequestRecord& r, std::string& out) { append_url(r.uri_query, out); }},
    StandardField{"cs(Cookie)", append_column<requests_column("cs_cookie")>},
    StandardField{"x-edge-result-type", append_column<requests_column("x_edge_result_type")>},
    StandardField{"x-edge-request-id", append_column<requests_column("x_edge_request_id")>},
    StandardField{"x-host-header", append_column<requests_column("cs_host")>},
    StandardField{"cs-protocol", append_column<requests_column("cs_protocol")>},
    StandardField{"cs-bytes",
                  [](const RequestRecord& r, std::string& out) { append_bytes(r, r.bytes_received, out); }},
    StandardField{"time-taken",
                  [](const RequestRecord& r, std::string& out) { append_seconds(r.time_taken_us, out); }},
    StandardField{"x-forwarded-for", append_column<requests_column("x_forwarded_for")>},
    StandardField{"ssl-protocol", append_column<requests_column("ssl_protocol")>},
    StandardField{"ssl-cipher", append_column<requests_column("ssl_cipher")>},
    StandardField{"x-edge-response-result-type",
                  append_column<requests_column("x_edge_response_result_type")>},
    StandardField{"cs-protocol-version", append_column<requests_column("cs_protocol_version")>},
    StandardField{"fle-status", kNoField},
    StandardField{"fle-encrypted-fields", kNoField},
    StandardField{"c-port",
                  [](const RequestRecord& r, std::string& out) { append_count(r.client_port, out); }},
    StandardField{"time-to-first-byte",
                  [](const RequestRecord& r, std::string& out) { append_seconds(r.first_byte_us, out); }},
    StandardField{"x-edge-detailed-result-type",
                  append_column<requests_column("x_edge_detailed_result_type")>},
    StandardField{"sc-content-type", append_column<requests_column("sc_content_type")>},
    StandardField{"sc-content-len",
                  [](const RequestRecord& r, std::string& out) { append_count(r.content_length, out); }},
    StandardField{"sc-range-start",
                  [](const RequestRecord& r, std::string& out) { append_count(r.range_start, out); }},
    StandardField{"sc-range-end",
                  [](const RequestRecord& r, std::string& out) { append_count(r.range_end, out); }},
};
static_assert(kStandardFields.size() == 33);

std::string make_standard_header() {
    std::string header = "#Version: 1.0\n#Fields:";
    for (const StandardField& field : kStandardFields)
        header.append(" ").append(field.name);
    return header += '\n';
}

// The column of the requests table with a real-time field's name; none for those that the edge does not have.
std::array<std::optional<std::size_t>, kRealtimeFields.size()> realtime_columns() {
    std::array<std::optional<std::size_t>, kRealtimeFields.size()> columns;
    for (std::size_t field = 0; field < columns.size(); ++field) {
        std::string name(kRealtimeFields[field]);
        for (char& c : name)
            c = c == '-' ? '_' : c;
        for (std::size_t column = 0; column < kRequestsColumns.size(); ++column)
            if (kRequestsColumns[column].name == name)
                columns[field] = column;
    }
    return columns;
}

// The text columns that hold encoded text, or a URL.
enum class TextForm { kPlain, kEncoded, kUrl };

TextForm form_of(std::string_view column) {
    if (column == "cs_user_agent" || column == "cs_headers" || column == "cs_header_names")
        return TextForm::kEncoded;
    return column == "cs_uri_stem" || column == "cs_uri_query" || column == "cs_referer" ? TextForm::kUrl
                                                                                         : TextForm::kPlain;
}

void append_text_value(const RequestRecord& record, std::size_t column, TextValue value, std::string& out) {
    thread_local std::string scratch;
    const std::string_view text = value(record, scratch);
    switch (form_of(kRequestsColumns[column].name)) {
        case TextForm::kEncoded: out += text; break;
        case TextForm::kUrl: append_url(text, out); break;
        case TextForm::kPlain: append_encoded(text, out); break;
    }
}

void append_realtime_value(const RequestRecord& record, std::size_t column, std::string& out) {
    const RequestValue& value = kRequestValues[column];
    if (const auto* text = std::get_if<TextValue>(&value)) {
        append_text_value(record, column, *text, out);
    } else if (const auto* number = std::get_if<IntValue>(&value)) {
        append_count((*number)(record).value_or(-1), out);
    } else if (const auto* longer = std::get_if<LongValue>(&value)) {
        append_count((*longer)(record).value_or(-1), out);
    } else if (const auto* seconds = std::get_if<DoubleValue>(&value)) {
        if (const auto known = (*seconds)(record))
            fmt::format_to(std::back_inserter(out), "{:.3f}", *known);
    } else if (const auto* time = std::get_if<TimeValue>(&value)) {
        append_seconds(to_us((*time)(record)), out);
    }
}

// The record id in the shape of a UUID, as the edge's own answers give it in x-amzn-RequestId.
std::string gateway_request_id(const RequestRecord& record) {
    std::string id;
    record_id_text(record.id, id);
    for (const std::size_t at : {8U, 13U, 18U, 23U})
        id.insert(at, 1, '-');
    return id;
}

std::string safe(std::string_view text) {
    std::string out;
    append_safe_text(text, out);
    return out.empty() ? std::string(kNone) : out;
}

}  // namespace

std::string_view standard_log_header() {
    static const std::string header = make_standard_header();
    return header;
}

void append_standard_line(const RequestRecord& record, std::string& out) {
    for (const StandardField& field : kStandardFields) {
        const std::size_t began = out.size();
        field.append(record, out);
        end_field(out, began);
    }
    out.back() = '\n';
}

RealtimeSelection sample_realtime_fields() {
    RealtimeSelection fields;
    for (std::size_t number = 1; number <= 46; ++number)
        fields[number - 1] = number <= 41 || number >= 44;
    return fields;
}

void append_realtime_line(const RequestRecord& record, const RealtimeSelection& selection, std::string& out) {
    static const auto columns = realtime_columns();
    for (std::size_t field = 0; field < columns.size(); ++field) {
        if (!selection[field])
            continue;
        const std::size_t began = out.size();
        if (columns[field])
            append_realtime_value(record, *columns[field], out);
        end_field(out, began);
    }
    if (selection.any())
        out.back() = '\n';
}

void append_gateway_line(const RequestRecord& record, std::string& out) {
    std::string ip;
    std::string scratch;
    const std::int64_t length = record.content_length >= 0 ? record.content_length : record.bytes_sent;
    JsonWriter json;
    json.begin_object().field("request_id", gateway_request_id(record));
    json.field("ip", ip_text(record.client_address, ip)).field("user", safe(record.principal));
    json.field("request_time", to_us(record.time) / 1000).field("http_method", safe(record.method));
    json.field("resource_path", safe(record.resource_path)).field("status", std::to_string(record.status));
    json.field("protocol", column_text(record, requests_column("cs_protocol_version"), scratch));
    json.field("response_length", length).end_object();
    out += json.take();
    out += '\n';
}

}  // namespace tally::delivery
