#include "edge/key_table_reader.hpp"

#include "base/crc32c.hpp"
#include "edge/boot_digest.hpp"

#include <cstring>
#include <ctime>

namespace tally::edge {

bool is_key_table(const char* data, std::uint64_t size) {
    const auto& header = *reinterpret_cast<const KeyTableHeader*>(data);
    return size >= kKeyTableHeaderSize &&
           std::memcmp(header.magic, kKeyTableMagic, sizeof header.magic) == 0 &&
           header.version == kKeyTableVersion && header.header_size == kKeyTableHeaderSize &&
           header.record_size == sizeof(KeyRecord) && header.chunk_keys == kKeysPerChunk &&
           crc32c(&header, kKeyTableCrcSpan) == header.header_crc && header.boot_digest == boot_digest() &&
           key_index_bits(header.index) >= kKeyIndexBitsMin && key_index_bits(header.index) < 32 &&
           key_index_offset(header.index) + (std::uint64_t{4} << key_index_bits(header.index)) <= size;
}

namespace {

// The words of a record, whatever the types of its members.
using Word [[gnu::may_alias]] = std::uint64_t;

// A record is rewritten while it is read, so its words are loaded one by one as atomics.
void copy_words(const KeyRecord& from, KeyRecord& to) {
    constexpr std::size_t kWords = sizeof(KeyRecord) / sizeof(std::uint64_t);
    const auto* source = reinterpret_cast<const Word*>(&from);
    auto* target = reinterpret_cast<Word*>(&to);
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kWords; ++i)
        target[i] = __atomic_load_n(source + i, __ATOMIC_RELAXED);
}

bool try_read(const KeyRecord& record, KeyRecord& out) {
    const std::uint32_t before = __atomic_load_n(&record.state, __ATOMIC_ACQUIRE);
    if ((before & kKeyStateMask) == kKeyChanging)
        return false;
    copy_words(record, out);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&record.state, __ATOMIC_RELAXED) == before;
}

inline bool is_of(const KeyRecord& record, const Digest128& digest) {
    return record.digest_low == digest.low && record.digest_high == digest.high;
}

constexpr std::uint64_t kPlaceUnit = alignof(KeyRecord);

constexpr int kSpins = 1000;
constexpr int kPauses = 100;
constexpr timespec kPause = {0, 100'000};

// The server rewrites a record in some dozen nanoseconds. It may lose its processor in between, which the
// pauses outlast; only its death there makes this give up, after 10 ms.
[[gnu::noinline]] bool wait_for_record(const KeyRecord& record, KeyRecord& out) {
    for (int spin = 0; spin < kSpins; ++spin)
        if (try_read(record, out))
            return true;
    for (int pause = 0; pause < kPauses; ++pause) {
        ::nanosleep(&kPause, nullptr);
        if (try_read(record, out))
            return true;
    }
    return false;
}

inline bool read_record(const KeyRecord& record, KeyRecord& out) {
    return try_read(record, out) || wait_for_record(record, out);
}

}  // namespace

Digest128 KeyTableReader::digest(const void* key, std::size_t size) const {
    return siphash128(SipKey{header().secret_k0, header().secret_k1}, key, size);
}

// kBeyond: what leads to the key lies behind the end of the mapping.
KeyTableReader::Place KeyTableReader::locate(const Digest128& digest, const KeyRecord*& record) const {
    const char* const data = file_.data();
    const std::uint64_t word = __atomic_load_n(&header().index, __ATOMIC_ACQUIRE);
    const std::uint32_t mask = (1U << key_index_bits(word)) - 1;
    if (key_index_offset(word) + (std::uint64_t{mask} + 1) * sizeof(std::uint32_t) > file_.size())
        return Place::kBeyond;
    const auto* index = reinterpret_cast<const std::uint32_t*>(data + key_index_offset(word));
    const auto* chunks = reinterpret_cast<const std::uint64_t*>(data + kKeyDirectoryOffset);
    const auto tag = static_cast<std::uint32_t>(digest.high) & ~mask;
    for (std::uint32_t probe = 0, at = static_cast<std::uint32_t>(digest.low); probe <= mask; ++probe, ++at) {
        const std::uint32_t place = __atomic_load_n(index + (at & mask), __ATOMIC_ACQUIRE);
        if (place == 0)
            return Place::kFree;
        if ((place & ~mask) != tag)
            continue;
        const std::uint32_t number = (place & mask) - 1;
        const std::uint64_t start = __atomic_load_n(chunks + (number >> kKeyChunkShift), __ATOMIC_RELAXED) +
                                    (number & (kKeysPerChunk - 1)) * std::uint64_t{sizeof(KeyRecord)};
        if (start + sizeof(KeyRecord) > file_.size())
            return Place::kBeyond;
        record = reinterpret_cast<const KeyRecord*>(data + start);
        if (is_of(*record, digest))
            return Place::kFound;
    }
    return Place::kFree;
}

KeyTableReader::Place KeyTableReader::look_up(const Digest128& digest, const KeyRecord*& record) {
    const Place place = locate(digest, record);
    if (place != Place::kBeyond)
        return place;
    refresh();
    return locate(digest, record);
}

// Places count in units of the alignment of records. Null where none can stand.
inline const KeyRecord* KeyTableReader::record_at(std::uint32_t place) const {
    const std::uint64_t start = place * kPlaceUnit;
    return start - 1 < file_.size() - sizeof(KeyRecord)
               ? reinterpret_cast<const KeyRecord*>(file_.data() + start)
               : nullptr;
}

KeyLookup KeyTableReader::find(const Digest128& digest, std::int64_t now_us, KeyRecord& out,
                               std::uint32_t& place) {
    if (!available()) [[unlikely]]
        return KeyLookup::kUnavailable;
    // The flag goes up before the new file takes the path, so for a moment this may map nothing new; then the
    // next lookup looks again, also when the server died in between.
    if (__atomic_load_n(&header().superseded, __ATOMIC_ACQUIRE) != 0) [[unlikely]]
        refresh();
    const KeyRecord* record = record_at(place);
    if (record == nullptr || !is_of(*record, digest)) [[unlikely]] {
        if (const Place found = look_up(digest, record); found != Place::kFound)
            return found == Place::kFree ? KeyLookup::kUnknown : KeyLookup::kUnavailable;
        const auto start = static_cast<std::uint64_t>(reinterpret_cast<const char*>(record) - file_.data());
        place = static_cast<std::uint32_t>(start / kPlaceUnit);
    }
    if (!read_record(*record, out)) [[unlikely]]
        return KeyLookup::kUnavailable;
    const bool expired = out.expires_at_us != 0 && out.expires_at_us <= now_us;
    return (out.state & kKeyStateMask) == kKeyActive && !expired ? KeyLookup::kActive : KeyLookup::kRevoked;
}

}  // namespace tally::edge
