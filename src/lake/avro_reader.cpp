#include "lake/avro_reader.hpp"

#include "lake/deflate.hpp"

#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace tally::lake {
namespace {

constexpr std::string_view kMagic{"Obj\1", 4};
constexpr std::size_t kSyncMarkerSize = 16;
constexpr std::size_t kBlockSizeMax = 256UL * 1024 * 1024;
constexpr int kDepthMax = 32;
// Elements that take no bytes (null, empty records) are not bounded by the file's size.
constexpr std::int64_t kEmptyElementsMax = 1'000'000;

Error damaged(std::string_view what) {
    return {ErrorCode::kCorruption, fmt::format("damaged Avro file: {}", what)};
}

// Reads primitives from the front of a byte range.
class Cursor {
  public:
    Cursor(std::string_view bytes, std::size_t position) : bytes_(bytes), position_(position) {}

    [[nodiscard]] std::size_t position() const { return position_; }

    [[nodiscard]] bool at_end() const { return position_ == bytes_.size(); }

    Result<std::string_view> take(std::int64_t size) {
        if (size < 0 || static_cast<std::uint64_t>(size) > bytes_.size() - position_)
            return damaged(fmt::format("{} bytes wanted at {} of {}", size, position_, bytes_.size()));
        const auto taken = bytes_.substr(position_, static_cast<std::size_t>(size));
        position_ += taken.size();
        return taken;
    }

    Result<std::int64_t> take_long() {
        std::uint64_t zigzag = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            TRY_ASSIGN(const std::string_view byte, take(1));
            const auto bits = static_cast<unsigned char>(byte[0]);
            zigzag |= static_cast<std::uint64_t>(bits & 0x7FU) << shift;
            if ((bits & 0x80U) == 0)
                return static_cast<std::int64_t>((zigzag >> 1U) ^ (~(zigzag & 1U) + 1U));
        }
        return damaged("a number of more than ten bytes");
    }

    Result<std::string_view> take_bytes() {
        TRY_ASSIGN(const std::int64_t size, take_long());
        return take(size);
    }

    // The count of the next block of an array or map, 0 at its end. A negative count is followed by the
    // block's size in bytes.
    Result<std::int64_t> take_block_count() {
        TRY_ASSIGN(std::int64_t count, take_long());
        if (count >= 0)
            return count;
        if (count == std::numeric_limits<std::int64_t>::min())
            return damaged("a block without a sensible count");
        TRY(take_long());
        return -count;
    }

  private:
    std::string_view bytes_;
    std::size_t position_;
};

template <class T>
Result<double> take_floating(Cursor& in) {
    TRY_ASSIGN(const std::string_view bytes, in.take(sizeof(T)));
    T value{};
    std::memcpy(&value, bytes.data(), sizeof(T));
    return static_cast<double>(value);
}

class Decoder {
  public:
    Decoder(const AvroSchema& schema, Cursor& in) : schema_(schema), in_(in) {}

    Status decode(std::size_t index, AvroValue& out, int depth = 0) {
        if (depth > kDepthMax)
            return damaged("values are nested too deeply");
        const AvroType& type = schema_.types[index];
        out.record = nullptr;
        switch (type.kind) {
            case AvroKind::kNull: out.value = std::monostate{}; return {};
            case AvroKind::kBoolean: return decode_boolean(out);
            case AvroKind::kInt:
            case AvroKind::kLong:
            case AvroKind::kEnum: return keep<std::int64_t>(in_.take_long(), out);
            case AvroKind::kFloat: return keep<double>(take_floating<float>(in_), out);
            case AvroKind::kDouble: return keep<double>(take_floating<double>(in_), out);
            case AvroKind::kBytes:
            case AvroKind::kString: return keep<std::string>(in_.take_bytes(), out);
            case AvroKind::kFixed:
                return keep<std::string>(in_.take(static_cast<std::int64_t>(type.fixed_size)), out);
            case AvroKind::kArray: return decode_blocks(type.element, false, out, depth);
            case AvroKind::kMap: return decode_blocks(type.element, true, out, depth);
            case AvroKind::kUnion: return decode_union(type, out, depth);
            case AvroKind::kRecord: return decode_record(type, out, depth);
        }
        return damaged("a type that is none");
    }

  private:
    template <class T, class Read>
    static Status keep(Result<Read> read, AvroValue& out) {
        if (!read.ok())
            return std::move(read).error();
        out.value = T(*read);
        return {};
    }

    Status decode_boolean(AvroValue& out) {
        TRY_ASSIGN(const std::string_view byte, in_.take(1));
        out.value = byte[0] != '\0';
        return {};
    }

    Status decode_union(const AvroType& type, AvroValue& out, int depth) {
        TRY_ASSIGN(const std::int64_t branch, in_.take_long());
        if (branch < 0 || static_cast<std::size_t>(branch) >= type.branches.size())
            return damaged(fmt::format("branch {} of a union of {}", branch, type.branches.size()));
        return decode(type.branches[static_cast<std::size_t>(branch)], out, depth + 1);
    }

    Status decode_record(const AvroType& type, AvroValue& out, int depth) {
        std::vector<AvroValue> fields(type.fields.size());
        for (std::size_t i = 0; i < fields.size(); ++i)
            TRY(decode(type.fields[i].type, fields[i], depth + 1));
        out.value = std::move(fields);
        out.record = &type;
        return {};
    }

    Status decode_blocks(std::size_t element, bool keyed, AvroValue& out, int depth) {
        std::vector<AvroValue> elements;
        while (true) {
            TRY_ASSIGN(const std::int64_t count, in_.take_block_count());
            if (count == 0)
                break;
            for (std::int64_t i = 0; i < count; ++i) {
                const std::size_t before = in_.position();
                if (keyed)
                    TRY(keep<std::string>(in_.take_bytes(), elements.emplace_back()));
                TRY(decode(element, elements.emplace_back(), depth + 1));
                if (in_.position() == before && ++empty_elements_ > kEmptyElementsMax)
                    return damaged("a list without end");
            }
        }
        out.value = std::move(elements);
        return {};
    }

    const AvroSchema& schema_;
    Cursor& in_;
    std::int64_t empty_elements_ = 0;
};

}  // namespace

const AvroValue* AvroValue::find(int field_id, std::string_view name) const {
    if (record == nullptr)
        return nullptr;
    const auto& values = std::get<std::vector<AvroValue>>(value);
    for (std::size_t i = 0; i < record->fields.size(); ++i) {
        const AvroField& field = record->fields[i];
        const bool found = field.field_id.has_value() ? *field.field_id == field_id : field.name == name;
        if (found)
            return values[i].is_null() ? nullptr : &values[i];
    }
    return nullptr;
}

Result<AvroFileReader> AvroFileReader::open(std::string file) {
    AvroFileReader reader;
    reader.file_ = std::move(file);
    TRY(reader.read_header());
    return reader;
}

Status AvroFileReader::read_header() {
    if (!file_.starts_with(kMagic))
        return damaged("it does not begin with 'Obj' and version 1");
    Cursor in(file_, kMagic.size());
    while (true) {
        TRY_ASSIGN(const std::int64_t count, in.take_block_count());
        if (count == 0)
            break;
        for (std::int64_t i = 0; i < count; ++i) {
            TRY_ASSIGN(const std::string_view key, in.take_bytes());
            TRY_ASSIGN(const std::string_view value, in.take_bytes());
            metadata_.insert_or_assign(std::string(key), std::string(value));
        }
    }
    TRY_ASSIGN(sync_marker_, in.take(kSyncMarkerSize));
    position_ = in.position();
    const std::string& codec = metadata_["avro.codec"];
    deflated_ = codec == "deflate";
    if (!deflated_ && !codec.empty() && codec != "null")
        return Error{ErrorCode::kUnsupported,
                     fmt::format("Avro codec '{}' is not read here; rewrite the table's manifests with the "
                                 "codec deflate (gzip)",
                                 codec)};
    TRY_ASSIGN(schema_, parse_avro_schema(metadata_["avro.schema"]));
    return {};
}

Status AvroFileReader::load_block() {
    Cursor in(file_, position_);
    TRY_ASSIGN(block_objects_, in.take_long());
    if (block_objects_ < 0)
        return damaged("a block of less than no objects");
    TRY_ASSIGN(const std::string_view bytes, in.take_bytes());
    TRY_ASSIGN(const std::string_view marker, in.take(kSyncMarkerSize));
    if (marker != sync_marker_)
        return damaged(fmt::format("no sync marker before {}", in.position()));
    if (deflated_) {
        TRY_ASSIGN(block_, inflate_raw(bytes, kBlockSizeMax));
    } else {
        block_ = bytes;
    }
    position_ = in.position();
    block_position_ = 0;
    return {};
}

Result<bool> AvroFileReader::next(AvroValue& out) {
    while (block_objects_ == 0) {
        if (block_position_ != block_.size())
            return damaged("bytes after the last object of a block");
        if (position_ == file_.size())
            return false;
        TRY(load_block());
    }
    Cursor in(block_, block_position_);
    TRY(Decoder(schema_, in).decode(schema_.root, out));
    block_position_ = in.position();
    --block_objects_;
    return true;
}

}  // namespace tally::lake
