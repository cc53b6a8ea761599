#pragma once

#include "base/result.hpp"
#include "rating/plan.hpp"

#include <string>
#include <string_view>

// Plans as text (docs/formats/plan.md). A plan that was read is whole: every charge can be priced, codes are
// unique, tiers rise. Errors are kInvalidArgument and carry a JSON pointer from the plan's root, e.g.
// "/charges/0/tiers/1/up_to"; for a text that cannot be parsed at all, "line:column".
namespace tally::rating {

class Document;

Result<Plan> parse_plan_json(std::string_view text);

// TOML with the same names; up_to is left out for "no end".
Result<Plan> parse_plan_toml(std::string_view text);

// The same for a document that was parsed before; `pointer` is where it stands in the whole.
Result<Plan> read_plan(const Document& document, const std::string& pointer);

}  // namespace tally::rating
