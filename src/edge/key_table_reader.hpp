#pragma once

#include "base/siphash.hpp"
#include "edge/key_table_format.hpp"
#include "edge/mapped_file.hpp"

#include <cstddef>
#include <cstdint>

namespace tally::edge {

// Whether these bytes are a key table of this version and of this start of the machine.
bool is_key_table(const char* data, std::uint64_t size);

enum class KeyLookup : std::uint8_t { kActive, kRevoked, kUnknown, kUnavailable };

// A worker's view of the key table: a read-only mapping that follows the path when the server replaces the
// file. One thread. Uses neither the C++ library nor exceptions, and allocates nothing. What the server
// publishes is seen by the next find().
class KeyTableReader {
  public:
    // Not an errno: the file is there and is no key table of this version, machine start and size.
    static constexpr int kBadTable = MappedFile::kBadFile;

    // As MappedFile.
    int open(const char* path) { return file_.open(path); }

    int refresh() { return file_.refresh(); }

    void close() { file_.close(); }

    [[nodiscard]] bool available() const { return file_.data() != nullptr; }

    // Call these only when available().
    [[nodiscard]] SipKey secret() const { return {header().secret_k0, header().secret_k1}; }

    [[nodiscard]] Digest128 digest(const void* key, std::size_t size) const;

    // kActive and kRevoked (revoked or expired at `now_us`) fill `out` with a consistent copy of the record.
    // kUnavailable: no table, or the record is being rewritten and does not come to rest. `place` is where
    // the record of this digest was seen last time, 0 = nowhere yet, and is set to where it stands now; a
    // wrong one costs nothing but time, because a record tells its digest.
    KeyLookup find(const Digest128& digest, std::int64_t now_us, KeyRecord& out, std::uint32_t& place);

    KeyLookup find(const Digest128& digest, std::int64_t now_us, KeyRecord& out) {
        std::uint32_t place = 0;
        return find(digest, now_us, out, place);
    }

  private:
    enum class Place : std::uint8_t { kFound, kFree, kBeyond };

    [[nodiscard]] const KeyTableHeader& header() const {
        return *reinterpret_cast<const KeyTableHeader*>(file_.data());
    }

    [[nodiscard]] const KeyRecord* record_at(std::uint32_t place) const;
    Place locate(const Digest128& digest, const KeyRecord*& record) const;
    Place look_up(const Digest128& digest, const KeyRecord*& record);

    MappedFile file_{MappedFile::Access::kRead, kKeyTableHeaderSize, is_key_table};
};

}  // namespace tally::edge
