#pragma once

#include "base/clock.hpp"
#include "base/json_writer.hpp"
#include "base/time_text.hpp"

#include <optional>
#include <string_view>

namespace tally::accounts {

// A member holding an instant: RFC 3339 in UTC, null when there is none.
inline JsonWriter& write_time(JsonWriter& json, std::string_view name, const std::optional<Instant>& at) {
    return at ? json.field(name, format_rfc3339(*at)) : json.key(name).null();
}

}  // namespace tally::accounts
