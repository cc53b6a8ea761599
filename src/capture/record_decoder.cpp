#include "capture/format_v1.hpp"
#include "capture/header_texts.hpp"
#include "capture/segment_reader.hpp"

#include <array>
#include <cstring>

namespace tally::capture {
namespace {

// Takes the strings of a record off its bytes, one after the other.
class StringBytes {
  public:
    StringBytes(const unsigned char* record, std::uint32_t size, std::size_t lengths_offset)
        : at_(reinterpret_cast<const char*>(record) + lengths_offset + kStringCount * sizeof(std::uint16_t)),
          end_(reinterpret_cast<const char*>(record) + size) {
        std::memcpy(lengths_, record + lengths_offset, sizeof lengths_);
    }

    // Number `index` of the lengths; empty when the record does not hold it.
    std::string_view take(std::size_t index) {
        if (lengths_[index] > static_cast<std::size_t>(end_ - at_))
            at_ = end_;
        const std::string_view text(at_, at_ == end_ ? 0 : lengths_[index]);
        at_ += text.size();
        return text;
    }

    void skip_separator() { at_ += at_ != end_ ? 1 : 0; }

    [[nodiscard]] bool is_empty(std::size_t index) const { return lengths_[index] == 0; }

  private:
    const char* at_;
    const char* end_;
    std::uint16_t lengths_[kStringCount];
};

using Strings = std::array<std::string_view, kStringCount>;  // by StringIndex

Strings strings_of(const unsigned char* record, std::uint32_t size, std::uint8_t flags) {
    StringBytes bytes(record, size, kLengthsOffset);
    Strings strings;
    for (unsigned i = 0; i < kStringCount; ++i) {
        const bool separated = i == kUriStem || (i == kUriQuery && !bytes.is_empty(kUriQuery));
        if (separated && (flags & kFlagRequestLine) != 0)
            bytes.skip_separator();
        strings[i] = bytes.take(i);
    }
    if ((flags & kFlagPathIsStem) != 0)
        strings[kResourcePath] = strings[kUriStem];
    return strings;
}

Strings strings_of_v1(const unsigned char* record, std::uint32_t size) {
    StringBytes bytes(record, size, v1::kLengthsOffset);
    Strings strings;
    for (unsigned i = 0; i < kStringCount; ++i)
        strings[v1::kStringOrder[i]] = bytes.take(i);
    return strings;
}

template <class Enum>
Enum enum_or(std::uint8_t value, Enum last, Enum otherwise) {
    return value <= static_cast<std::uint8_t>(last) ? static_cast<Enum>(value) : otherwise;
}

void decode_strings(const Strings& strings, RequestRecord& out) {
    out.api_key_id = strings[kKeyId];
    out.customer_id = strings[kCustomerId];
    out.usage_plan = strings[kUsagePlan];
    out.principal = strings[kPrincipal];
    out.stage = strings[kStage];
    out.edge_location = strings[kEdgeLocation];
    out.distribution = strings[kDistribution];
    out.behavior_pattern = strings[kBehaviorPattern];
    out.method = strings[kMethod];
    out.uri_stem = strings[kUriStem];
    out.uri_query = strings[kUriQuery];
    out.resource_path = strings[kResourcePath];
    out.content_type = strings[kContentType];
    out.dimensions = strings[kDimensions];
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
    out.is_cut = (fixed.flags & kFlagCut) != 0;
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

CompletionState decode_record(const MappedSegment& segment, const FoundRecord& found, TextArena& texts,
                              RequestRecord& out) {
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
    const bool torn = !final_values && !first_values && state != kPending;
    if (torn && !segment.finished())
        return CompletionState::kUnreadable;
    const auto& fixed = *reinterpret_cast<const FixedPart*>(record + kFixedOffset);
    out.id = {segment.name().writer, found.sequence};
    out.state = final_values ? CaptureState::kDone : CaptureState::kInterrupted;
    decode_fixed(fixed, out);
    const Strings strings = segment.version() == 1 ? strings_of_v1(record, found.size)
                                                   : strings_of(record, found.size, fixed.flags);
    decode_strings(strings, out);
    if (segment.version() != 1 && (fixed.flags & kFlagRawHeaders) != 0)
        decode_raw_headers(strings[kHeaders], texts, out);
    else
        decode_headers(strings[kHeaders], texts, out);
    if (final_values || first_values)
        decode_completion(completion, out);
    else
        decode_first_values(fixed, out);
    return torn ? CompletionState::kTorn : CompletionState::kReadable;
}

}  // namespace tally::capture
