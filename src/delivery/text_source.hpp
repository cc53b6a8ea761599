#pragma once

#include "model/request_record.hpp"

#include <cstddef>
#include <string_view>

namespace tally::delivery {

// The bytes that a text column of kRequestsColumns is a function of, and of nothing else. To work out a text
// costs many times what it costs to see that its source was there before, and most repeat.
using TextSource = std::string_view (*)(const RequestRecord& record);

// nullptr for a column that has no such source: it depends on more, or is worked out in no time.
TextSource text_source(std::size_t column);

}  // namespace tally::delivery
