#include "lake/utf8.hpp"

#include <simdjson.h>

namespace tally::lake {

bool is_utf8(std::string_view text) {
    return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace tally::lake
