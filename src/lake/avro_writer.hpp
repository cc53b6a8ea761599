#pragma once

#include "base/random.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tally::lake {

// Avro's binary encoding (specification 1.11), value after value into one buffer. The caller follows the
// schema; nothing here checks it.
class AvroEncoder {
  public:
    void put_boolean(bool value) { bytes_.push_back(value ? '\1' : '\0'); }

    void put_long(std::int64_t value);  // int and long have one encoding
    void put_bytes(std::string_view value);

    // The branch of a union; in Iceberg's optional fields 0 is null.
    void put_branch(std::int64_t branch) { put_long(branch); }

    [[nodiscard]] const std::string& bytes() const { return bytes_; }

    void clear() { bytes_.clear(); }

  private:
    std::string bytes_;
};

// An Avro object container file with deflate blocks, built in memory: manifests are bounded, and whole before
// they are written.
class AvroFileWriter {
  public:
    // `metadata` are the header's entries besides avro.schema and avro.codec.
    AvroFileWriter(std::string_view schema_json, const std::map<std::string, std::string>& metadata,
                   RandomSource& random);

    // One object, already encoded.
    Status add(std::string_view object);

    // The file. The writer is empty afterwards.
    Result<std::string> finish();

  private:
    Status flush_block();

    std::string file_;
    std::string sync_marker_;
    std::string block_;
    std::int64_t block_objects_ = 0;
};

}  // namespace tally::lake
