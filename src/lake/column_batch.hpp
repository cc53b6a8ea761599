#pragma once

#include "lake/schema.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tally::lake {

// Rows as columns, ready to be encoded. Each column holds exactly `rows` entries when the batch is complete.

// A string column of mostly distinct values: all bytes in one buffer.
struct PlainStrings {
    std::string bytes;
    std::vector<std::int32_t> ends;  // of each row's bytes
    std::vector<bool> null;          // empty = no nulls
};

// A string column of few distinct values. `codes` index `values`; -1 is null.
struct CodedStrings {
    std::vector<std::string> values;
    std::vector<std::int32_t> codes;
};

template <class T>
struct Numbers {
    std::vector<T> values;   // anything where null
    std::vector<bool> null;  // empty = no nulls
};

struct Timestamps {
    std::vector<std::int64_t> micros;  // since 1970 UTC; never null
};

using Column = std::variant<PlainStrings, CodedStrings, Numbers<std::int32_t>, Numbers<std::int64_t>,
                            Numbers<double>, Timestamps>;

// Columns in the order of the table's fields. The variant must suit the field's type.
struct ColumnBatch {
    std::size_t rows = 0;
    std::vector<Column> columns;
};

}  // namespace tally::lake
