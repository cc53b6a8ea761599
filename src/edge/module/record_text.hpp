#pragma once

#include "capture/segment_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tally::edge {

// Copies without a call of the C library, whose price a string of some dozen bytes does not repay. Sizes up
// to 64 take moves that may overlap.
[[gnu::always_inline]] inline void copy_bytes(unsigned char* to, const unsigned char* from,
                                              std::size_t size) {
    struct Block {
        std::uint64_t words[2];
    };

    if (size > 64) {
        std::memcpy(to, from, size);
    } else if (size >= sizeof(Block)) {
        Block last;
        __builtin_memcpy(&last, from + size - sizeof last, sizeof last);
        for (std::size_t at = 0; at + sizeof(Block) < size; at += sizeof(Block))
            __builtin_memcpy(to + at, from + at, sizeof(Block));
        __builtin_memcpy(to + size - sizeof last, &last, sizeof last);
    } else if (size >= 8) {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        __builtin_memcpy(&first, from, 8);
        __builtin_memcpy(&last, from + size - 8, 8);
        __builtin_memcpy(to, &first, 8);
        __builtin_memcpy(to + size - 8, &last, 8);
    } else if (size >= 4) [[unlikely]] {
        std::uint32_t first = 0;
        std::uint32_t last = 0;
        __builtin_memcpy(&first, from, 4);
        __builtin_memcpy(&last, from + size - 4, 4);
        __builtin_memcpy(to, &first, 4);
        __builtin_memcpy(to + size - 4, &last, 4);
    } else {
        for (std::size_t at = 0; at < size; ++at)
            to[at] = from[at];
    }
}

// RecordBuilder::add for what is known to fit, uncut.
[[gnu::always_inline]] inline void put_uncut(capture::RecordBuilder& record, capture::StringIndex index,
                                             const unsigned char* data, std::size_t size) {
    copy_bytes(record.strings, data, size);
    record.strings += size;
    record.lengths[index] = static_cast<std::uint16_t>(record.lengths[index] + size);
}

// Whether `size` more bytes fit into the record and its string `index` uncut.
inline bool fits(const capture::RecordBuilder& record, capture::StringIndex index, std::size_t size) {
    return size <= static_cast<std::size_t>(record.end - record.strings) &&
           size <= capture::kStringSizeMax - record.lengths[index];
}

// RecordBuilder::add, inline for what fits; the rest is cut there.
inline void put(capture::RecordBuilder& record, capture::StringIndex index, const unsigned char* data,
                std::size_t size) {
    if (fits(record, index, size)) [[likely]]
        put_uncut(record, index, data, size);
    else
        record.add(index, data, size);
}

}  // namespace tally::edge
