#include "edge/key_table_reader.hpp"

#include "base/crc32c.hpp"
#include "edge/boot_digest.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally::edge {

bool is_key_table(const KeyTableHeader& header, std::uint64_t file_size) {
    return std::memcmp(header.magic, kKeyTableMagic, sizeof header.magic) == 0 &&
           header.version == kKeyTableVersion && header.header_size == kKeyTableHeaderSize &&
           header.slot_size == sizeof(KeySlot) && crc32c(&header, kKeyTableCrcSpan) == header.header_crc &&
           header.capacity != 0 && (header.capacity & (header.capacity - 1)) == 0 &&
           header.capacity == (file_size - kKeyTableHeaderSize) / sizeof(KeySlot) &&
           header.boot_digest == boot_digest();
}

namespace {

// The words of a slot, whatever the types of its members.
using Word [[gnu::may_alias]] = std::uint64_t;

// A slot is rewritten while it is read, so its words are loaded one by one as atomics.
void copy_words(const KeySlot& from, KeySlot& to) {
    constexpr std::size_t kWords = sizeof(KeySlot) / sizeof(std::uint64_t);
    std::uint64_t words[kWords];
    const auto* source = reinterpret_cast<const Word*>(&from);
    for (std::size_t i = 0; i < kWords; ++i)
        words[i] = __atomic_load_n(source + i, __ATOMIC_RELAXED);
    std::memcpy(&to, words, sizeof to);
}

bool try_read_slot(const KeySlot& slot, KeySlot& out) {
    const std::uint32_t before = __atomic_load_n(&slot.state, __ATOMIC_ACQUIRE);
    if ((before & kKeyStateMask) == kKeyChanging)
        return false;
    copy_words(slot, out);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&slot.state, __ATOMIC_RELAXED) == before;
}

constexpr int kSpins = 1000;
constexpr int kPauses = 100;
constexpr timespec kPause = {0, 100'000};

// The server rewrites a slot in some dozen nanoseconds. It may lose its processor in between, which the
// pauses outlast; only its death there makes this give up, after 10 ms.
bool read_slot(const KeySlot& slot, KeySlot& out) {
    for (int spin = 0; spin < kSpins; ++spin)
        if (try_read_slot(slot, out))
            return true;
    for (int pause = 0; pause < kPauses; ++pause) {
        ::nanosleep(&kPause, nullptr);
        if (try_read_slot(slot, out))
            return true;
    }
    return false;
}

}  // namespace

int KeyTableReader::open(const char* path) {
    path_ = path;
    return refresh();
}

int KeyTableReader::refresh() {
    const int fd = ::open(path_, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    const int error = map(fd);
    ::close(fd);
    return error;
}

int KeyTableReader::map(int fd) {
    struct stat info = {};
    if (::fstat(fd, &info) != 0)
        return errno;
    if (header_ != nullptr && info.st_dev == device_ && info.st_ino == inode_)
        return 0;
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size <= kKeyTableHeaderSize)
        return kBadTable;
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return errno;
    const auto* header = static_cast<const KeyTableHeader*>(memory);
    if (!is_key_table(*header, size)) {
        ::munmap(memory, size);
        return kBadTable;
    }
    close();
    header_ = header;
    slots_ = reinterpret_cast<const KeySlot*>(static_cast<const char*>(memory) + kKeyTableHeaderSize);
    slot_mask_ = header->capacity - 1;
    mapped_size_ = size;
    device_ = info.st_dev;
    inode_ = info.st_ino;
    secret_ = SipKey{header->secret_k0, header->secret_k1};
    return 0;
}

void KeyTableReader::close() {
    if (header_ != nullptr)
        ::munmap(const_cast<KeyTableHeader*>(header_), mapped_size_);
    header_ = nullptr;
    slots_ = nullptr;
}

Digest128 KeyTableReader::digest(const void* key, std::size_t size) const {
    return siphash128(secret_, key, size);
}

KeyLookup KeyTableReader::find(const Digest128& digest, std::int64_t now_us, KeySlot& out) {
    if (header_ == nullptr)
        return KeyLookup::kUnavailable;
    // The flag goes up before the new file takes the path, so for a moment this may map nothing new; then the
    // next lookup looks again, also when the server died in between.
    if (__atomic_load_n(&header_->superseded, __ATOMIC_ACQUIRE) != 0)
        refresh();
    std::uint64_t index = digest.low & slot_mask_;
    for (std::uint64_t probes = 0; probes <= slot_mask_; ++probes, index = (index + 1) & slot_mask_) {
        const KeySlot& slot = slots_[index];
        if (__atomic_load_n(&slot.state, __ATOMIC_ACQUIRE) == kKeySlotEmpty)
            return KeyLookup::kUnknown;
        if (slot.digest_low != digest.low || slot.digest_high != digest.high)
            continue;
        if (!read_slot(slot, out))
            return KeyLookup::kUnavailable;
        const bool expired = out.expires_at_us != 0 && out.expires_at_us <= now_us;
        return (out.state & kKeyStateMask) == kKeyActive && !expired ? KeyLookup::kActive
                                                                     : KeyLookup::kRevoked;
    }
    return KeyLookup::kUnknown;
}

}  // namespace tally::edge
