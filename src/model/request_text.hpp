#pragma once

#include "model/request_record.hpp"
#include "model/requests_table.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace tally {

// The one mapping from a captured request to its row in `requests`: delivery writes files with it and query
// shows records that are not in a file yet, so both must say the same. Pure functions of the record.

// The text of a column; empty = null. The view is into the record, into static memory or into `scratch`,
// which it overwrites at will: use it before the next call with the same scratch. Always valid UTF-8.
using TextValue = std::string_view (*)(const RequestRecord& record, std::string& scratch);
using IntValue = std::optional<std::int32_t> (*)(const RequestRecord& record);
using LongValue = std::optional<std::int64_t> (*)(const RequestRecord& record);
using DoubleValue = std::optional<double> (*)(const RequestRecord& record);
using TimeValue = Instant (*)(const RequestRecord& record);

// Of a column that has no source yet and is null in every row.
struct NoValue {};

using RequestValue = std::variant<TextValue, IntValue, LongValue, DoubleValue, TimeValue, NoValue>;

// In the order of kRequestsColumns; the alternative suits the column's type or is NoValue.
extern const std::array<RequestValue, kRequestsColumns.size()> kRequestValues;

// 32 lower-case hex digits: writer, then sequence. Sorts as the ids do.
std::string_view record_id_text(const RecordId& id, std::string& scratch);

// "192.0.2.1" for an address in ::ffff:0:0/96, else RFC 5952 text; empty for null.
std::string_view ip_text(const unsigned char* address, std::string& scratch);

}  // namespace tally
