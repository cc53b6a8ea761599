#pragma once

#include "base/result.hpp"
#include "lake/avro_schema.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tally::lake {

// One decoded value. A union is the value of its branch; bytes, string and fixed are text; an enum is its
// index; an array is its elements, a record its fields in the writer's order, a map key, value, key, value,
// ….
struct AvroValue {
    std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<AvroValue>> value;
    const AvroType* record = nullptr;  // the record's type; owned by the reader

    [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value); }

    // The field of a record by Iceberg's field id, or by name where the writer gave no ids; nullptr when it
    // has none or it is null.
    [[nodiscard]] const AvroValue* find(int field_id, std::string_view name) const;
};

// Reads an Avro object container file by the schema in its header, so that files of any writer can be read.
// Codecs: null and deflate. Not thread-safe. Everything is checked against the file's size: damaged or
// hostile files give kCorruption, never more than 256 MiB a block.
class AvroFileReader {
  public:
    static Result<AvroFileReader> open(std::string file);

    // The header's entries, avro.schema and avro.codec among them.
    [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }

    // The next object; false at the end of the file. `out` points into this reader.
    Result<bool> next(AvroValue& out);

  private:
    AvroFileReader() = default;

    Status read_header();
    Status load_block();

    std::string file_;
    std::size_t position_ = 0;  // of the next block
    std::map<std::string, std::string> metadata_;
    AvroSchema schema_;
    bool deflated_ = false;
    std::string sync_marker_;
    std::string block_;
    std::size_t block_position_ = 0;
    std::int64_t block_objects_ = 0;  // not yet read
};

}  // namespace tally::lake
