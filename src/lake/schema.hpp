#pragma once

#include "base/result.hpp"
#include "model/requests_table.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tally::lake {

// A column of an Iceberg table. Ids are Iceberg field ids.
struct Field {
    int id = 0;
    std::string name;
    ColumnType type = ColumnType::kString;
    bool required = false;
    bool operator==(const Field&) const = default;
};

// What a table looks like when it is created: schema, one partition field day(`partition_by`), sort order
// (ascending, nulls first) on `sort_by`.
struct TableDefinition {
    std::string name;  // "requests"
    std::vector<Field> fields;
    std::string partition_by;          // a timestamptz column
    std::vector<std::string> sort_by;  // column names
};

std::vector<Field> fields_from(std::span<const ColumnDefinition> columns);

// Iceberg's name of a type: "string", "int", "long", "double", "timestamptz".
std::string_view iceberg_type_name(ColumnType type);
// kUnsupported for a type that Tallyman's tables do not use.
Result<ColumnType> column_type_of(std::string_view iceberg_name);

}  // namespace tally::lake
