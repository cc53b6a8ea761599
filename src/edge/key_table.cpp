#include "edge/key_table.hpp"

#include "base/crc32c.hpp"
#include "edge/boot_digest.hpp"
#include "edge/key_table_reader.hpp"
#include "edge/shared_file.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace tally::edge {
namespace {

// The words of a record, whatever the types of its members.
using Word [[gnu::may_alias]] = std::uint64_t;

Status check_size(std::string_view what, std::string_view text, std::size_t size_max) {
    if (text.size() <= size_max)
        return {};
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("The {} \"{}\" has {} bytes; the key table holds at most {}.", what, text,
                             text.size(), size_max)};
}

Status check(const KeyEntry& entry) {
    if (entry.key_id.empty())
        return Error{ErrorCode::kInvalidArgument, "A key without an id cannot stand in the key table."};
    TRY(check_size("key id", entry.key_id.str(), kKeyIdSizeMax));
    TRY(check_size("customer id", entry.customer_id.str(), kCustomerIdSizeMax));
    using Int32 = std::numeric_limits<std::int32_t>;
    if (entry.first_quota_period < Int32::min() || entry.first_quota_period > Int32::max())
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("{} is not a period of a quota.", entry.first_quota_period)};
    return {};
}

std::uint8_t put_text(char* to, std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    return static_cast<std::uint8_t>(text.size());
}

// All but the state.
KeyRecord record_of(const KeyEntry& entry) {
    KeyRecord record = {};
    record.digest_low = entry.digest.low;
    record.digest_high = entry.digest.high;
    record.key_id_size = put_text(record.key_id, entry.key_id.str());
    record.customer_id_size = put_text(record.customer_id, entry.customer_id.str());
    record.expires_at_us = entry.expires_at ? to_us(*entry.expires_at) : 0;
    record.ordinal = entry.ordinal;
    record.plan = entry.plan;
    record.credit_account = entry.credit_account;
    record.first_quota_period = static_cast<std::int32_t>(entry.first_quota_period);
    return record;
}

KeyEntry entry_of(const KeyRecord& record) {
    KeyEntry entry;
    entry.digest = Digest128{record.digest_low, record.digest_high};
    entry.key_id = KeyId{std::string(record.key_id, record.key_id_size)};
    entry.customer_id = CustomerId{std::string(record.customer_id, record.customer_id_size)};
    entry.ordinal = record.ordinal;
    entry.plan = record.plan;
    entry.credit_account = record.credit_account;
    entry.first_quota_period = record.first_quota_period;
    entry.revoked = (record.state & kKeyStateMask) != kKeyActive;
    if (record.expires_at_us != 0)
        entry.expires_at = instant_from_us(record.expires_at_us);
    return entry;
}

std::uint32_t state_of(const KeyEntry& entry) {
    return entry.revoked ? kKeyRevoked : kKeyActive;
}

constexpr std::uint64_t kChunkSize = kKeysPerChunk * std::uint64_t{sizeof(KeyRecord)};

constexpr std::uint64_t aligned(std::uint64_t size) {
    return (size + 4095) / 4096 * 4096;
}

constexpr std::uint64_t index_size(std::uint32_t bits) {
    return aligned(sizeof(std::uint32_t) << bits);
}

// The smallest index that is at most half used.
std::uint32_t index_bits_for(std::uint64_t keys) {
    return std::max(kKeyIndexBitsMin, static_cast<std::uint32_t>(std::bit_width(2 * keys) -
                                                                 (std::has_single_bit(2 * keys) ? 1 : 0)));
}

}  // namespace

// The file while it is readable. Single writer.
class KeyTable::Mapping {
  public:
    // A new file with room for `keys`, which is not at its path yet.
    static Result<std::unique_ptr<Mapping>> create(const Path& path, std::uint64_t keys, SipKey secret,
                                                   std::uint64_t generation) {
        const std::uint64_t chunks = std::max<std::uint64_t>((keys + kKeysPerChunk - 1) / kKeysPerChunk, 1);
        const std::uint32_t bits = index_bits_for(keys);
        const std::uint64_t index_at = kKeyTableHeaderSize + chunks * kChunkSize;
        TRY_ASSIGN(auto file, SharedFile::create(path, index_at + index_size(bits)));
        auto mapping = std::make_unique<Mapping>(std::move(file));
        for (std::uint64_t chunk = 0; chunk < chunks; ++chunk)
            mapping->directory()[chunk] = kKeyTableHeaderSize + chunk * kChunkSize;
        KeyTableHeader& header = mapping->header();
        std::memcpy(header.magic, kKeyTableMagic, sizeof header.magic);
        header.version = kKeyTableVersion;
        header.header_size = static_cast<std::uint32_t>(kKeyTableHeaderSize);
        header.record_size = sizeof(KeyRecord);
        header.chunk_keys = kKeysPerChunk;
        header.secret_k0 = secret.k0;
        header.secret_k1 = secret.k1;
        header.generation = generation;
        header.boot_digest = boot_digest();
        header.header_crc = crc32c(&header, kKeyTableCrcSpan);
        header.index = key_index_word(index_at, bits);
        return mapping;
    }

    explicit Mapping(std::unique_ptr<SharedFile> file) : file_(std::move(file)) {}

    [[nodiscard]] KeyTableHeader& header() const { return *reinterpret_cast<KeyTableHeader*>(file_->data()); }

    // After another server's death: a key that got its number and not its place in the index is none.
    void forget_half_added() const {
        if (header().used == 0)
            return;
        const KeyRecord& last = record(static_cast<std::uint32_t>(header().used - 1));
        if (find({last.digest_low, last.digest_high}) != &last)
            --header().used;
    }

    // Null when the key is not there.
    [[nodiscard]] KeyRecord* find(const Digest128& digest) const {
        const std::uint32_t* place = locate(digest);
        return *place == 0 ? nullptr : &record((*place & index_mask()) - 1);
    }

    // For a key that is not there.
    Status add(const KeyEntry& entry) {
        TRY(make_room());
        const auto number = static_cast<std::uint32_t>(header().used);
        KeyRecord& added = record(number);
        added = record_of(entry);
        added.state = kKeyChangeStep | state_of(entry);
        header().used = number + std::uint64_t{1};
        publish(index(), index_mask(), entry.digest, number);
        return {};
    }

    // For a key that is there.
    static void change(KeyRecord& record, const KeyEntry& entry) {
        const KeyRecord values = record_of(entry);
        const std::uint32_t change = (record.state & ~kKeyStateMask) + kKeyChangeStep;
        __atomic_store_n(&record.state, change | kKeyChanging, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_RELEASE);
        store_words(values, record);
        __atomic_store_n(&record.state, change | state_of(entry), __ATOMIC_RELEASE);
    }

    Status take_place() { return file_->take_place(offsetof(KeyTableHeader, superseded)); }

  private:
    [[nodiscard]] std::uint64_t* directory() const {
        return reinterpret_cast<std::uint64_t*>(file_->data() + kKeyDirectoryOffset);
    }

    [[nodiscard]] std::uint32_t* index() const {
        return reinterpret_cast<std::uint32_t*>(file_->data() + key_index_offset(header().index));
    }

    [[nodiscard]] std::uint32_t index_mask() const { return (1U << key_index_bits(header().index)) - 1; }

    [[nodiscard]] KeyRecord& record(std::uint32_t number) const {
        return reinterpret_cast<KeyRecord*>(
            file_->data() + directory()[number >> kKeyChunkShift])[number & (kKeysPerChunk - 1)];
    }

    // The place of this digest, or the free one where it would go.
    [[nodiscard]] std::uint32_t* locate(const Digest128& digest) const {
        const std::uint32_t mask = index_mask();
        std::uint32_t* const places = index();
        for (auto at = static_cast<std::uint32_t>(digest.low);; ++at) {
            std::uint32_t* const place = places + (at & mask);
            if (*place == 0)
                return place;
            const KeyRecord& found = record((*place & mask) - 1);
            if (found.digest_low == digest.low && found.digest_high == digest.high)
                return place;
        }
    }

    static void publish(std::uint32_t* places, std::uint32_t mask, const Digest128& digest,
                        std::uint32_t number) {
        auto at = static_cast<std::uint32_t>(digest.low);
        while (places[at & mask] != 0)
            ++at;
        const std::uint32_t tag = static_cast<std::uint32_t>(digest.high) & ~mask;
        __atomic_store_n(places + (at & mask), tag | (number + 1), __ATOMIC_RELEASE);
    }

    // So that one more key fits. What is there stays where it is.
    Status make_room() {
        const std::uint64_t used = header().used;
        if (used >= kKeysMax)
            return Error{ErrorCode::kResourceExhausted,
                         fmt::format("The key table holds {} keys, which is all it can.", used)};
        const std::uint64_t chunk = used >> kKeyChunkShift;
        if (directory()[chunk] == 0) {
            TRY_ASSIGN(const std::uint64_t start, append(kChunkSize));
            __atomic_store_n(directory() + chunk, start, __ATOMIC_RELEASE);
        }
        const std::uint32_t bits = key_index_bits(header().index);
        return (used + 1) * 2 > std::uint64_t{1} << bits ? grow_index(bits + 1) : Status();
    }

    // Readers go on with the old index until the new one is complete.
    Status grow_index(std::uint32_t bits) {
        TRY_ASSIGN(const std::uint64_t start, append(index_size(bits)));
        auto* const places = reinterpret_cast<std::uint32_t*>(file_->data() + start);
        for (std::uint32_t number = 0; number < header().used; ++number) {
            const KeyRecord& known = record(number);
            publish(places, (1U << bits) - 1, {known.digest_low, known.digest_high}, number);
        }
        __atomic_store_n(&header().index, key_index_word(start, bits), __ATOMIC_RELEASE);
        return {};
    }

    // Zeros at the end of the file; where they start.
    Result<std::uint64_t> append(std::uint64_t size) {
        const std::uint64_t start = aligned(file_->size());
        TRY(file_->grow(start + size));
        return start;
    }

    // All words but the one with the state, which publishes them.
    static void store_words(const KeyRecord& values, KeyRecord& record) {
        constexpr std::size_t kWords = sizeof(KeyRecord) / sizeof(Word);
        constexpr std::size_t kStateWord = offsetof(KeyRecord, state) / sizeof(Word);
        const auto* from = reinterpret_cast<const Word*>(&values);
        auto* to = reinterpret_cast<Word*>(&record);
        for (std::size_t i = 0; i < kWords; ++i)
            if (i != kStateWord)
                __atomic_store_n(to + i, from[i], __ATOMIC_RELAXED);
        record.key_id_size = values.key_id_size;
        record.customer_id_size = values.customer_id_size;
    }

    std::unique_ptr<SharedFile> file_;
};

KeyTable::KeyTable(Private, Path path, SipKey secret) : path_(std::move(path)), secret_(secret) {}

KeyTable::~KeyTable() = default;

Result<std::unique_ptr<KeyTable>> KeyTable::open_or_create(const Path& path, SipKey secret) {
    auto table = std::make_unique<KeyTable>(Private{}, path, secret);
    TRY_ASSIGN(auto file, SharedFile::open(path));
    table->needs_rebuild_ = true;
    if (!file) {
        TRY(table->replace_by({}));
        return table;
    }
    if (file->size() < kKeyTableHeaderSize || !is_key_table(file->data(), file->size()))
        return table;
    auto mapping = std::make_unique<Mapping>(std::move(file));
    KeyTableHeader& header = mapping->header();
    if (header.secret_k0 != secret.k0 || header.secret_k1 != secret.k1)
        return table;
    mapping->forget_half_added();
    // A server that died while it replaced the table left the flag behind; this file kept its place.
    __atomic_store_n(&header.superseded, 0U, __ATOMIC_RELEASE);
    table->mapping_ = std::move(mapping);
    table->needs_rebuild_ = false;
    return table;
}

bool KeyTable::needs_rebuild() const {
    const std::lock_guard lock(mutex_);
    return needs_rebuild_;
}

Status KeyTable::rebuild(std::span<const KeyEntry> entries) {
    const std::lock_guard lock(mutex_);
    TRY(replace_by(entries));
    needs_rebuild_ = false;
    return {};
}

namespace {

Error unreadable(const Path& path) {
    return Error{ErrorCode::kCorruption,
                 fmt::format("The key table {} is damaged, of another start of this machine or of another "
                             "secret; it must be rebuilt from the state database first.",
                             path.string())};
}

}  // namespace

Status KeyTable::upsert(const KeyEntry& entry) {
    TRY(check(entry));
    const std::lock_guard lock(mutex_);
    if (!mapping_)
        return unreadable(path_);
    KeyRecord* const known = mapping_->find(entry.digest);
    if (known == nullptr)
        return mapping_->add(entry);
    Mapping::change(*known, entry);
    return {};
}

Status KeyTable::revoke(const Digest128& digest) {
    const std::lock_guard lock(mutex_);
    if (!mapping_)
        return unreadable(path_);
    KeyRecord* const known = mapping_->find(digest);
    if (known == nullptr)
        return Error{ErrorCode::kNotFound, "This key is not in the key table."};
    __atomic_store_n(&known->state, (known->state & ~kKeyStateMask) | kKeyRevoked, __ATOMIC_RELEASE);
    return {};
}

std::optional<KeyEntry> KeyTable::find(const Digest128& digest) const {
    const std::lock_guard lock(mutex_);
    const KeyRecord* const known = mapping_ ? mapping_->find(digest) : nullptr;
    return known != nullptr ? std::optional(entry_of(*known)) : std::nullopt;
}

std::uint64_t KeyTable::size() const {
    const std::lock_guard lock(mutex_);
    return mapping_ ? mapping_->header().used : 0;
}

Status KeyTable::replace_by(std::span<const KeyEntry> entries) {
    for (const KeyEntry& entry : entries)
        TRY(check(entry));
    const std::uint64_t generation = mapping_ ? mapping_->header().generation + 1 : 1;
    TRY_ASSIGN(auto mapping, Mapping::create(path_, entries.size(), secret_, generation));
    for (const KeyEntry& entry : entries) {
        if (KeyRecord* const known = mapping->find(entry.digest))
            Mapping::change(*known, entry);
        else
            TRY(mapping->add(entry));
    }
    TRY(mapping->take_place());
    mapping_ = std::move(mapping);
    return {};
}

}  // namespace tally::edge
