#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace tally {

enum class ColumnType { kString, kInt, kLong, kDouble, kTimestampTz };

// One column of a lake table. Field ids are for ever: a column keeps its id when it is renamed, and an id is
// never given to another column. `required` columns never hold null.
struct ColumnDefinition {
    int field_id;
    std::string_view name;
    ColumnType type;
    bool required;
};

// The lake's `requests` table: one row a request. Names and types of the CloudFront real-time fields are
// those of the published sample's `cloudfront_realtime_logs`, but for `timestamp`, which is a real point in
// time here (microseconds, UTC) and milliseconds since the epoch in the view of that name.
inline constexpr std::array kRequestsColumns = {
    ColumnDefinition{1, "record_id", ColumnType::kString, true},  // writer and sequence, 32 hex digits
    ColumnDefinition{2, "timestamp", ColumnType::kTimestampTz, true},
    ColumnDefinition{3, "api_key_id", ColumnType::kString, false},
    ColumnDefinition{4, "customer_id", ColumnType::kString, false},
    ColumnDefinition{5, "plan", ColumnType::kString, false},
    ColumnDefinition{6, "stage", ColumnType::kString, false},
    ColumnDefinition{7, "resource_path", ColumnType::kString, false},
    ColumnDefinition{8, "auth_result", ColumnType::kString, false},
    ColumnDefinition{9, "capture_state", ColumnType::kString, false},
    ColumnDefinition{10, "cache_status", ColumnType::kString, false},
    ColumnDefinition{11, "c_ip", ColumnType::kString, false},
    ColumnDefinition{12, "s_ip", ColumnType::kString, false},
    ColumnDefinition{13, "time_to_first_byte", ColumnType::kDouble, false},  // seconds
    ColumnDefinition{14, "sc_status", ColumnType::kInt, false},
    ColumnDefinition{15, "sc_bytes", ColumnType::kLong, false},
    ColumnDefinition{16, "cs_method", ColumnType::kString, false},
    ColumnDefinition{17, "cs_protocol", ColumnType::kString, false},
    ColumnDefinition{18, "cs_host", ColumnType::kString, false},
    ColumnDefinition{19, "cs_uri_stem", ColumnType::kString, false},
    ColumnDefinition{20, "cs_bytes", ColumnType::kLong, false},
    ColumnDefinition{21, "x_edge_location", ColumnType::kString, false},
    ColumnDefinition{22, "x_edge_request_id", ColumnType::kString, false},
    ColumnDefinition{23, "x_host_header", ColumnType::kString, false},
    ColumnDefinition{24, "time_taken", ColumnType::kDouble, false},  // seconds
    ColumnDefinition{25, "cs_protocol_version", ColumnType::kString, false},
    ColumnDefinition{26, "c_ip_version", ColumnType::kString, false},
    ColumnDefinition{27, "cs_user_agent", ColumnType::kString, false},
    ColumnDefinition{28, "cs_referer", ColumnType::kString, false},
    ColumnDefinition{29, "cs_cookie", ColumnType::kString, false},
    ColumnDefinition{30, "cs_uri_query", ColumnType::kString, false},
    ColumnDefinition{31, "x_edge_response_result_type", ColumnType::kString, false},
    ColumnDefinition{32, "x_forwarded_for", ColumnType::kString, false},
    ColumnDefinition{33, "ssl_protocol", ColumnType::kString, false},
    ColumnDefinition{34, "ssl_cipher", ColumnType::kString, false},
    ColumnDefinition{35, "x_edge_result_type", ColumnType::kString, false},
    ColumnDefinition{36, "fle_encrypted_fields", ColumnType::kInt, false},  // always null here
    ColumnDefinition{37, "fle_status", ColumnType::kString, false},         // always null here
    ColumnDefinition{38, "sc_content_type", ColumnType::kString, false},
    ColumnDefinition{39, "sc_content_len", ColumnType::kLong, false},
    ColumnDefinition{40, "sc_range_start", ColumnType::kLong, false},
    ColumnDefinition{41, "sc_range_end", ColumnType::kLong, false},
    ColumnDefinition{42, "c_port", ColumnType::kInt, false},
    ColumnDefinition{43, "x_edge_detailed_result_type", ColumnType::kString, false},
    ColumnDefinition{44, "c_country", ColumnType::kString, false},
    ColumnDefinition{45, "cs_accept_encoding", ColumnType::kString, false},
    ColumnDefinition{46, "cs_accept", ColumnType::kString, false},
    ColumnDefinition{47, "cache_behavior_path_pattern", ColumnType::kString, false},
    ColumnDefinition{48, "cs_headers", ColumnType::kString, false},
    ColumnDefinition{49, "cs_header_names", ColumnType::kString, false},
    ColumnDefinition{50, "cs_headers_count", ColumnType::kInt, false},
    ColumnDefinition{51, "primary_distribution_id", ColumnType::kString, false},
    ColumnDefinition{52, "primary_distribution_dns_name", ColumnType::kString, false},
    ColumnDefinition{53, "origin_fbl", ColumnType::kDouble, false},  // seconds
    ColumnDefinition{54, "origin_lbl", ColumnType::kDouble, false},  // seconds
    ColumnDefinition{55, "asn", ColumnType::kLong, false},
    ColumnDefinition{56, "principal", ColumnType::kString, false},
    ColumnDefinition{57, "dimensions", ColumnType::kString, false},  // JSON, see model/dimensions.hpp
    ColumnDefinition{58, "cut", ColumnType::kInt, false},  // 1 = some text was too long to be recorded whole
};

// The position of a column in kRequestsColumns; fails to compile for a name that is not there.
consteval std::size_t requests_column(std::string_view name) {
    for (std::size_t i = 0; i < kRequestsColumns.size(); ++i)
        if (kRequestsColumns[i].name == name)
            return i;
    throw "no such column in the requests table";
}

}  // namespace tally
