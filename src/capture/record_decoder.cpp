#include "capture/segment_reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace tally::capture {
namespace {

std::string_view text(const char* bytes, std::size_t size) {
    return {bytes, size};
}

// The slices of all strings, in the order of StringIndex.
std::array<std::string_view, kStringCount> slice_strings(const unsigned char* record, std::uint32_t size) {
    std::array<std::uint16_t, kStringCount> lengths{};
    std::memcpy(lengths.data(), record + kLengthsOffset, sizeof lengths);
    std::array<std::string_view, kStringCount> strings;
    std::size_t at = kStringsOffset;
    for (std::size_t i = 0; i < kStringCount && at + lengths[i] <= size; ++i) {
        strings[i] = text(reinterpret_cast<const char*>(record + at), lengths[i]);
        at += lengths[i];
    }
    return strings;
}

std::string_view header_value(std::string_view headers, HeaderSlice slice) {
    if (slice.offset > headers.size())
        return {};
    return headers.substr(slice.offset, slice.size);
}

bool is_forwarded_line(std::string_view line) {
    constexpr std::string_view kName = "x-forwarded-for:";
    return line.size() >= kName.size() &&
           std::equal(kName.begin(), kName.end(), line.begin(), [](char a, char b) {
               return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
           });
}

// RFC 9110, 5.3: several lines of one name are one list.
std::string join_forwarded(std::string_view headers) {
    std::string list;
    while (!headers.empty()) {
        const std::string_view line = headers.substr(0, headers.find('\n'));
        headers.remove_prefix(std::min(headers.size(), line.size() + 1));
        if (!is_forwarded_line(line))
            continue;
        if (!list.empty())
            list += ", ";
        list += line.substr(line.find(':') + 1);
    }
    return list;
}

template <class Enum>
Enum enum_or(std::uint8_t value, Enum last, Enum otherwise) {
    return value <= static_cast<std::uint8_t>(last) ? static_cast<Enum>(value) : otherwise;
}

void decode_strings(const unsigned char* record, std::uint32_t size, const FixedPart& fixed,
                    RequestRecord& out) {
    const auto strings = slice_strings(record, size);
    out.api_key_id = strings[kKeyId];
    out.customer_id = strings[kCustomerId];
    out.usage_plan = strings[kUsagePlan];
    out.stage = strings[kStage];
    out.resource_path = strings[kResourcePath];
    out.method = strings[kMethod];
    out.uri_stem = strings[kUriStem];
    out.uri_query = strings[kUriQuery];
    out.content_type = strings[kContentType];
    out.edge_location = strings[kEdgeLocation];
    out.distribution = strings[kDistribution];
    out.behavior_pattern = strings[kBehaviorPattern];
    out.headers = strings[kHeaders];
    out.principal = strings[kPrincipal];
    out.dimensions = strings[kDimensions];
    out.host = header_value(out.headers, fixed.header_slices[kHost]);
    out.user_agent = header_value(out.headers, fixed.header_slices[kUserAgent]);
    out.referer = header_value(out.headers, fixed.header_slices[kReferer]);
    out.cookie = header_value(out.headers, fixed.header_slices[kCookie]);
    out.accept = header_value(out.headers, fixed.header_slices[kAccept]);
    out.accept_encoding = header_value(out.headers, fixed.header_slices[kAcceptEncoding]);
    out.x_forwarded_for = header_value(out.headers, fixed.header_slices[kXForwardedFor]);
}

void decode_fixed(const FixedPart& fixed, RequestRecord& out) {
    out.time = instant_from_us(static_cast<std::int64_t>(fixed.time_us));
    out.auth = enum_or(fixed.auth, AuthResult::kExpiredToken, AuthResult::kAnonymous);
    out.client_address = fixed.client_address;
    out.server_address = fixed.server_address;
    out.client_port = fixed.client_port;
    out.client_is_ipv6 = (fixed.flags & kFlagIpv6) != 0;
    out.is_https = (fixed.flags & kFlagHttps) != 0;
    out.is_websocket = (fixed.flags & kFlagWebSocket) != 0;
    out.http_version = fixed.http_version;
    out.header_count = fixed.header_count;
    out.tls_protocol = fixed.tls_protocol;
    out.tls_cipher = fixed.tls_cipher;
    out.response_result = enum_or(fixed.response_result, ResultType::kRedirect, ResultType::kNone);
    out.first_byte_us = fixed.first_byte_us;
}

void decode_completion(const Completion& completion, RequestRecord& out) {
    out.status = completion.status;
    out.result = enum_or(completion.result, ResultType::kRedirect, ResultType::kNone);
    out.detailed_result =
        enum_or(completion.detailed_result, DetailedResult::kCreditExceeded, DetailedResult::kSame);
    out.cache_status = enum_or(completion.cache_status, CacheStatus::kScarce, CacheStatus::kNone);
    out.content_length = completion.content_length;
    out.range_start = completion.range_start;
    out.range_end = completion.range_end;
    out.bytes_sent = completion.bytes_sent;
    out.bytes_received = completion.bytes_received;
    out.time_taken_us = completion.time_taken_us;
    out.origin_first_byte_us = completion.origin_first_byte_us;
    out.origin_last_byte_us = completion.origin_last_byte_us;
}

// The writer died while it stored the final values: only what was known at the first byte is left.
void decode_first_values(const FixedPart& fixed, RequestRecord& out) {
    out.status = fixed.first_status;
    out.cache_status = enum_or(fixed.first_cache_status, CacheStatus::kScarce, CacheStatus::kNone);
    out.result = out.response_result;
}

}  // namespace

CompletionState decode_record(const MappedSegment& segment, const FoundRecord& found,
                              std::deque<std::string>& joined, RequestRecord& out) {
    const unsigned char* record = segment.at(found.offset);
    const auto* live = reinterpret_cast<const Completion*>(record + kCompletionOffset);
    const std::uint32_t state = __atomic_load_n(&live->state, __ATOMIC_ACQUIRE);
    Completion completion;
    std::memcpy(&completion, live, sizeof completion);
    const auto fits = [&](std::uint32_t as) {
        return completion.crc == completion_crc(segment.seed(), found.sequence, as, completion);
    };
    if (!segment.finished() && state == kPending)
        return CompletionState::kOpen;
    // Of a finished segment the checksum knows better than the state, which is stored last.
    const bool final_values = fits(kDone);
    const bool first_values = !final_values && segment.finished() && fits(kPending);
    if (!final_values && !first_values && state != kPending)
        return CompletionState::kUnreadable;
    const auto& fixed = *reinterpret_cast<const FixedPart*>(record + kFixedOffset);
    out.id = {segment.name().writer, found.sequence};
    out.state = final_values ? CaptureState::kDone : CaptureState::kInterrupted;
    decode_fixed(fixed, out);
    decode_strings(record, found.size, fixed, out);
    if ((fixed.flags & kFlagManyForwarded) != 0)
        out.x_forwarded_for = joined.emplace_back(join_forwarded(out.headers));
    if (final_values || first_values)
        decode_completion(completion, out);
    else
        decode_first_values(fixed, out);
    return CompletionState::kReadable;
}

}  // namespace tally::capture
