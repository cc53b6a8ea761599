#include "lake/avro_writer.hpp"

#include "lake/deflate.hpp"

#include <cstddef>
#include <span>
#include <utility>

namespace tally::lake {
namespace {

constexpr std::size_t kSyncMarkerSize = 16;
// Small enough that a reader never holds much, large enough that deflate finds what repeats.
constexpr std::size_t kBlockSize = 256UL * 1024;

}  // namespace

void AvroEncoder::put_long(std::int64_t value) {
    auto zigzag = (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
    while (zigzag >= 0x80U) {
        bytes_.push_back(static_cast<char>((zigzag & 0x7FU) | 0x80U));
        zigzag >>= 7U;
    }
    bytes_.push_back(static_cast<char>(zigzag));
}

void AvroEncoder::put_bytes(std::string_view value) {
    put_long(static_cast<std::int64_t>(value.size()));
    bytes_.append(value);
}

AvroFileWriter::AvroFileWriter(std::string_view schema_json,
                               const std::map<std::string, std::string>& metadata, RandomSource& random)
    : sync_marker_(kSyncMarkerSize, '\0') {
    random.fill(std::as_writable_bytes(std::span(sync_marker_)));
    AvroEncoder header;
    header.put_long(static_cast<std::int64_t>(metadata.size()) + 2);
    header.put_bytes("avro.schema");
    header.put_bytes(schema_json);
    header.put_bytes("avro.codec");
    header.put_bytes("deflate");
    for (const auto& [key, value] : metadata) {
        header.put_bytes(key);
        header.put_bytes(value);
    }
    header.put_long(0);
    file_ = std::string("Obj\1") + header.bytes() + sync_marker_;
}

Status AvroFileWriter::add(std::string_view object) {
    block_.append(object);
    ++block_objects_;
    return block_.size() >= kBlockSize ? flush_block() : Status{};
}

Result<std::string> AvroFileWriter::finish() {
    TRY(flush_block());
    return std::move(file_);
}

Status AvroFileWriter::flush_block() {
    if (block_objects_ == 0)
        return {};
    TRY_ASSIGN(const std::string compressed, deflate_raw(block_));
    AvroEncoder block;
    block.put_long(block_objects_);
    block.put_bytes(compressed);
    file_ += block.bytes();
    file_ += sync_marker_;
    block_.clear();
    block_objects_ = 0;
    return {};
}

}  // namespace tally::lake
