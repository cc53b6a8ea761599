#include "lake/schema.hpp"

#include "base/assert.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace tally::lake {
namespace {

constexpr std::array<std::pair<ColumnType, std::string_view>, 5> kTypeNames = {{
    {ColumnType::kString, "string"},
    {ColumnType::kInt, "int"},
    {ColumnType::kLong, "long"},
    {ColumnType::kDouble, "double"},
    {ColumnType::kTimestampTz, "timestamptz"},
}};

}  // namespace

std::vector<Field> fields_from(std::span<const ColumnDefinition> columns) {
    std::vector<Field> fields;
    fields.reserve(columns.size());
    for (const ColumnDefinition& column : columns)
        fields.push_back({.id = column.field_id,
                          .name = std::string(column.name),
                          .type = column.type,
                          .required = column.required});
    return fields;
}

std::string_view iceberg_type_name(ColumnType type) {
    for (const auto& [known, name] : kTypeNames)
        if (known == type)
            return name;
    TALLY_ASSERT(false, "a column type without a name");
}

Result<ColumnType> column_type_of(std::string_view iceberg_name) {
    for (const auto& [type, name] : kTypeNames)
        if (name == iceberg_name)
            return type;
    return Error{ErrorCode::kUnsupported,
                 fmt::format("columns of type '{}' are not read here; Tallyman's tables have string, int, "
                             "long, double and timestamptz",
                             iceberg_name)};
}

}  // namespace tally::lake
