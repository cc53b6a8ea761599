#include "edge/key_table.hpp"

#include "base/assert.hpp"
#include "base/crc32c.hpp"
#include "base/file_descriptor.hpp"
#include "edge/boot_digest.hpp"
#include "edge/key_table_reader.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace tally::edge {
namespace {

// The words of a slot, whatever the types of its members.
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
    return check_size("usage plan id", entry.usage_plan.str(), kUsagePlanSizeMax);
}

std::uint8_t put_text(char* to, std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    return static_cast<std::uint8_t>(text.size());
}

// All but the state.
KeySlot slot_of(const KeyEntry& entry) {
    KeySlot slot = {};
    slot.digest_low = entry.digest.low;
    slot.digest_high = entry.digest.high;
    slot.key_id_size = put_text(slot.key_id, entry.key_id.str());
    slot.customer_id_size = put_text(slot.customer_id, entry.customer_id.str());
    slot.usage_plan_size = put_text(slot.usage_plan, entry.usage_plan.str());
    slot.expires_at_us = entry.expires_at ? to_us(*entry.expires_at) : 0;
    return slot;
}

KeyEntry entry_of(const KeySlot& slot) {
    KeyEntry entry;
    entry.digest = Digest128{slot.digest_low, slot.digest_high};
    entry.key_id = KeyId{std::string(slot.key_id, slot.key_id_size)};
    entry.customer_id = CustomerId{std::string(slot.customer_id, slot.customer_id_size)};
    entry.usage_plan = UsagePlanId{std::string(slot.usage_plan, slot.usage_plan_size)};
    entry.revoked = (slot.state & kKeyStateMask) != kKeyActive;
    if (slot.expires_at_us != 0)
        entry.expires_at = instant_from_us(slot.expires_at_us);
    return entry;
}

std::uint32_t state_of(const KeyEntry& entry) {
    return entry.revoked ? kKeyRevoked : kKeyActive;
}

// The smallest table that is at most half used.
std::uint64_t capacity_for(std::uint64_t keys) {
    return std::max(kKeyTableCapacityMin, std::bit_ceil(keys * 2));
}

}  // namespace

// A shared, writable mapping of one table file. Single writer.
class KeyTable::Mapping {
  public:
    static Result<std::unique_ptr<Mapping>> map(const Path& path, int fd, std::uint64_t size) {
        void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED)
            return io_error("map", path, errno);
        return std::unique_ptr<Mapping>(std::make_unique<Mapping>(memory, size));
    }

    Mapping(void* memory, std::uint64_t size) : memory_(static_cast<char*>(memory)), size_(size) {}

    ~Mapping() { ::munmap(memory_, size_); }

    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    [[nodiscard]] KeyTableHeader& header() const { return *reinterpret_cast<KeyTableHeader*>(memory_); }

    [[nodiscard]] std::uint64_t size() const { return size_; }

    [[nodiscard]] std::span<KeySlot> slots() const {
        return {reinterpret_cast<KeySlot*>(memory_ + kKeyTableHeaderSize), header().capacity};
    }

    // The slot of this digest, or the empty one where it would go.
    [[nodiscard]] KeySlot& locate(const Digest128& digest) const {
        const auto all = slots();
        std::uint64_t index = digest.low & (all.size() - 1);
        while (all[index].state != kKeySlotEmpty &&
               (all[index].digest_low != digest.low || all[index].digest_high != digest.high))
            index = (index + 1) & (all.size() - 1);
        return all[index];
    }

    void write(const KeyEntry& entry) {
        KeySlot& slot = locate(entry.digest);
        KeySlot values = slot_of(entry);
        const bool is_new = slot.state == kKeySlotEmpty;
        values.throttle = slot.throttle;
        values.quota = slot.quota;
        const std::uint32_t change = (slot.state & ~kKeyStateMask) + kKeyChangeStep;
        if (!is_new)
            __atomic_store_n(&slot.state, change | kKeyChanging, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_RELEASE);
        store_words(values, slot);
        __atomic_store_n(&slot.state, change | state_of(entry), __ATOMIC_RELEASE);
        if (is_new)
            ++header().used;
    }

  private:
    // All words but the one with the state, which publishes them.
    static void store_words(const KeySlot& values, KeySlot& slot) {
        constexpr std::size_t kWords = sizeof(KeySlot) / sizeof(Word);
        constexpr std::size_t kStateWord = offsetof(KeySlot, state) / sizeof(Word);
        const auto* from = reinterpret_cast<const Word*>(&values);
        auto* to = reinterpret_cast<Word*>(&slot);
        for (std::size_t i = 0; i < kWords; ++i)
            if (i != kStateWord)
                __atomic_store_n(to + i, from[i], __ATOMIC_RELAXED);
        slot.key_id_size = values.key_id_size;
        slot.customer_id_size = values.customer_id_size;
        slot.usage_plan_size = values.usage_plan_size;
    }

    char* memory_;
    std::uint64_t size_;
};

KeyTable::KeyTable(Private, Path path, SipKey secret) : path_(std::move(path)), secret_(secret) {}

KeyTable::~KeyTable() = default;

Result<std::unique_ptr<KeyTable>> KeyTable::open_or_create(const Path& path, SipKey secret) {
    auto table = std::make_unique<KeyTable>(Private{}, path, secret);
    FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd.valid() && errno != ENOENT)
        return io_error("open", path, errno);
    if (!fd.valid()) {
        TRY(table->replace_by(kKeyTableCapacityMin, {}, false));
        table->needs_rebuild_ = true;
        return table;
    }
    struct stat info = {};
    if (::fstat(fd.get(), &info) != 0)
        return io_error("look at", path, errno);
    const auto size = static_cast<std::uint64_t>(info.st_size);
    table->needs_rebuild_ = true;
    if (size <= kKeyTableHeaderSize)
        return table;
    TRY_ASSIGN(auto mapping, Mapping::map(path, fd.get(), size));
    const KeyTableHeader& header = mapping->header();
    if (!is_key_table(header, size) || header.secret_k0 != secret.k0 || header.secret_k1 != secret.k1)
        return table;
    // A server that died while it grew the table left the flag behind; this file kept its place.
    __atomic_store_n(&mapping->header().superseded, 0U, __ATOMIC_RELEASE);
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
    TRY(replace_by(capacity_for(entries.size()), entries, false));
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
    const bool is_new = mapping_->locate(entry.digest).state == kKeySlotEmpty;
    const KeyTableHeader& header = mapping_->header();
    if (is_new && (header.used + 1) * 2 > header.capacity)
        return replace_by(header.capacity * 2, {&entry, 1}, true);
    mapping_->write(entry);
    return {};
}

Status KeyTable::revoke(const Digest128& digest) {
    const std::lock_guard lock(mutex_);
    if (!mapping_)
        return unreadable(path_);
    KeySlot& slot = mapping_->locate(digest);
    if (slot.state == kKeySlotEmpty)
        return Error{ErrorCode::kNotFound, "This key is not in the key table."};
    __atomic_store_n(&slot.state, (slot.state & ~kKeyStateMask) | kKeyRevoked, __ATOMIC_RELEASE);
    return {};
}

std::optional<KeyEntry> KeyTable::find(const Digest128& digest) const {
    const std::lock_guard lock(mutex_);
    if (!mapping_)
        return std::nullopt;
    const KeySlot& slot = mapping_->locate(digest);
    return slot.state == kKeySlotEmpty ? std::nullopt : std::optional(entry_of(slot));
}

std::uint64_t KeyTable::size() const {
    const std::lock_guard lock(mutex_);
    return mapping_ ? mapping_->header().used : 0;
}

namespace {

void fill_header(KeyTableHeader& header, std::uint64_t capacity, SipKey secret, std::uint64_t generation) {
    std::memcpy(header.magic, kKeyTableMagic, sizeof header.magic);
    header.version = kKeyTableVersion;
    header.header_size = static_cast<std::uint32_t>(kKeyTableHeaderSize);
    header.slot_size = sizeof(KeySlot);
    header.capacity = capacity;
    header.secret_k0 = secret.k0;
    header.secret_k1 = secret.k1;
    header.generation = generation;
    header.boot_digest = boot_digest();
    header.header_crc = crc32c(&header, kKeyTableCrcSpan);
}

// Readers that have the old file mapped look at the path again from now on. Works for damaged files too, as
// long as they have the place where the flag stands.
void mark_superseded(const Path& path, std::uint32_t superseded) {
    const FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    struct stat info = {};
    if (!fd.valid() || ::fstat(fd.get(), &info) != 0 ||
        static_cast<std::uint64_t>(info.st_size) < kKeyTableHeaderSize)
        return;
    void* memory = ::mmap(nullptr, kKeyTableHeaderSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (memory == MAP_FAILED)
        return;
    __atomic_store_n(&static_cast<KeyTableHeader*>(memory)->superseded, superseded, __ATOMIC_RELEASE);
    ::munmap(memory, kKeyTableHeaderSize);
}

}  // namespace

// The new file is complete before it takes the path, and the old one says "look again" before that: whichever
// of the two steps a crash spares, a worker ends up with what stands at the path.
Status KeyTable::replace_by(std::uint64_t capacity, std::span<const KeyEntry> entries, bool keep_old) {
    for (const KeyEntry& entry : entries)
        TRY(check(entry));
    const Path fresh = path_.string() + ".new";
    FileDescriptor fd(::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd.valid())
        return io_error("create", fresh, errno);
    const std::uint64_t size = kKeyTableHeaderSize + capacity * sizeof(KeySlot);
    // Allocated, not sparse: a full disk must show here and not as SIGBUS in a worker.
    if (const int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size)); error != 0) {
        ::unlink(fresh.c_str());
        return io_error("allocate", fresh, error);
    }
    TRY_ASSIGN(auto mapping, Mapping::map(fresh, fd.get(), size));
    const std::uint64_t generation = mapping_ ? mapping_->header().generation + 1 : 1;
    fill_header(mapping->header(), capacity, secret_, generation);
    if (keep_old)
        for (const KeySlot& slot : mapping_->slots())
            if (slot.state != kKeySlotEmpty)
                mapping->write(entry_of(slot));
    for (const KeyEntry& entry : entries) {
        TALLY_ASSERT(mapping->header().used * 2 <= capacity, "at most half of a key table is used");
        mapping->write(entry);
    }
    mark_superseded(path_, 1);
    if (::rename(fresh.c_str(), path_.c_str()) != 0) {
        const int error = errno;
        mark_superseded(path_, 0);
        return io_error("rename " + fresh.string() + " to", path_, error);
    }
    mapping_ = std::move(mapping);
    return {};
}

}  // namespace tally::edge
