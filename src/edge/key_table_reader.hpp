#pragma once

#include "base/siphash.hpp"
#include "edge/key_table_format.hpp"

#include <cstddef>
#include <cstdint>

namespace tally::edge {

// Whether a mapped file of `file_size` bytes is a key table of this version and of this start of the machine.
bool is_key_table(const KeyTableHeader& header, std::uint64_t file_size);

enum class KeyLookup : std::uint8_t { kActive, kRevoked, kUnknown, kUnavailable };

// A worker's view of the key table: a read-only mapping that follows the path when the server replaces the
// file. One thread. Uses neither the C++ library nor exceptions, and allocates nothing. What the server
// publishes is seen by the next find().
class KeyTableReader {
  public:
    // Not an errno: the file is there and is no key table of this version, machine start and size.
    static constexpr int kBadTable = -1;

    KeyTableReader() = default;

    ~KeyTableReader() { close(); }

    KeyTableReader(const KeyTableReader&) = delete;
    KeyTableReader& operator=(const KeyTableReader&) = delete;

    // `path` is zero-terminated and outlives the reader. 0, an errno or kBadTable; a table that was mapped
    // before stays in use when the new one cannot be.
    int open(const char* path);

    // Maps the file at the path if it is another one than the mapped. 0, an errno or kBadTable.
    int refresh();

    void close();

    [[nodiscard]] bool available() const { return header_ != nullptr; }

    // Call only when available().
    [[nodiscard]] Digest128 digest(const void* key, std::size_t size) const;

    // kActive and kRevoked (revoked or expired at `now_us`) fill `out` with a consistent copy of the slot.
    // kUnavailable: no table, or the slot is being rewritten and does not come to rest.
    KeyLookup find(const Digest128& digest, std::int64_t now_us, KeySlot& out);

  private:
    int map(int fd);

    const char* path_ = nullptr;
    const KeyTableHeader* header_ = nullptr;
    const KeySlot* slots_ = nullptr;
    std::uint64_t slot_mask_ = 0;
    std::uint64_t mapped_size_ = 0;
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
    SipKey secret_;
};

}  // namespace tally::edge
