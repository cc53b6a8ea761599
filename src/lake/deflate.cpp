#include "lake/deflate.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>
#include <zlib.h>

namespace tally::lake {
namespace {

constexpr int kRawWindow = -15;  // negative: no zlib header
constexpr int kFastest = 1;
constexpr int kMemoryLevel = 8;

Bytef* input_of(std::string_view bytes) {
    // zlib reads the input only; its interface lacks the const.
    return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

Status check_input_size(std::string_view bytes) {
    if (bytes.size() > std::numeric_limits<uInt>::max())
        return Error{ErrorCode::kUnsupported,
                     fmt::format("{} bytes are too many for one deflate block", bytes.size())};
    return {};
}

}  // namespace

Result<std::string> deflate_raw(std::string_view bytes) {
    TRY(check_input_size(bytes));
    z_stream stream{};
    if (deflateInit2(&stream, kFastest, Z_DEFLATED, kRawWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
        return Error{ErrorCode::kResourceExhausted, "no memory to compress a manifest block"};
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = input_of(bytes);
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), std::numeric_limits<uInt>::max()));
    const int outcome = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (outcome != Z_STREAM_END)
        return Error{ErrorCode::kInternal, fmt::format("deflate ended with {}", outcome)};
    return out;
}

Result<std::string> inflate_raw(std::string_view bytes, std::size_t size_max) {
    TRY(check_input_size(bytes));
    z_stream stream{};
    if (inflateInit2(&stream, kRawWindow) != Z_OK)
        return Error{ErrorCode::kResourceExhausted, "no memory to decompress a manifest block"};
    stream.next_in = input_of(bytes);
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string out;
    std::array<char, 65536> piece{};
    int outcome = Z_OK;
    while (outcome == Z_OK && out.size() <= size_max) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        outcome = inflate(&stream, Z_NO_FLUSH);
        out.append(piece.data(), piece.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    if (out.size() > size_max)
        return Error{ErrorCode::kResourceExhausted,
                     fmt::format("a compressed block holds more than {} bytes", size_max)};
    if (outcome != Z_STREAM_END)
        return Error{ErrorCode::kCorruption,
                     fmt::format("a deflate block is damaged or cut (zlib {})", outcome)};
    return out;
}

}  // namespace tally::lake
