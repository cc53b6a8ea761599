#pragma once

#include <string>
#include <string_view>

// The pure commands on text: one JSON document in, one out, nothing else read or kept. What cannot be
// answered gives
// {"id":...,"error":{"pointer":"/plan/charges/0/tiers","detail":"..."}}. Shapes: docs/formats/plan.md.
namespace tally::rating {

struct LineAnswer {
    std::string text;  // one JSON document without line break
    bool ok = true;    // false iff the text is an error document
};

LineAnswer answer_rate_line(std::string_view line);
LineAnswer answer_periods_line(std::string_view line);
LineAnswer answer_wallet_line(std::string_view line);

// The texts alone.
std::string rate_json_line(std::string_view line);
std::string periods_json_line(std::string_view line);
std::string wallet_json_line(std::string_view line);

}  // namespace tally::rating
