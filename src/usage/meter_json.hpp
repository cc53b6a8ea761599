#pragma once

#include "base/json_value.hpp"
#include "base/result.hpp"
#include "model/meter.hpp"

#include <string>
#include <string_view>

namespace tally::usage {

// A meter's definition as JSON; the shape is docs/formats/meter.md. Reading checks the shape alone:
// kInvalidArgument with a pointer to the member that is unknown, missing or of the wrong type; whether it
// makes sense is check_meter's business. `id` and `version` are printed and, on reading, accepted when they
// are there.
Result<Meter> meter_from_json(std::string_view text);
Result<Meter> meter_from_json(const JsonValue& document);
std::string meter_to_json(const Meter& meter);

}  // namespace tally::usage
