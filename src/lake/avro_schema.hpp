#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::lake {

enum class AvroKind {
    kNull,
    kBoolean,
    kInt,
    kLong,
    kFloat,
    kDouble,
    kBytes,
    kString,
    kFixed,
    kEnum,
    kArray,
    kMap,
    kUnion,
    kRecord,
};

struct AvroField {
    std::string name;
    std::optional<int> field_id = {};  // Iceberg's "field-id"
    std::size_t type = 0;              // index in AvroSchema::types
};

struct AvroType {
    AvroKind kind = AvroKind::kNull;
    std::size_t fixed_size = 0;              // kFixed
    std::size_t element = 0;                 // kArray and kMap: index of what they hold
    std::vector<std::size_t> branches = {};  // kUnion
    std::vector<AvroField> fields = {};      // kRecord
};

// An Avro schema (specification 1.11) as a table of types that name each other by index, so that a type that
// is used twice, or within itself, is there once. Logical types are not interpreted.
struct AvroSchema {
    std::vector<AvroType> types;
    std::size_t root = 0;
};

// kCorruption for a text that is no Avro schema.
Result<AvroSchema> parse_avro_schema(std::string_view json);

}  // namespace tally::lake
