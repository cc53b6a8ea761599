#include "edge/token/token_memory.hpp"

#include <cerrno>

#include <sys/mman.h>

namespace tally::edge {
namespace {

constexpr std::size_t kSize = TokenMemory::kSets * TokenMemory::kWays * sizeof(RememberedToken);
static_assert((TokenMemory::kSets & (TokenMemory::kSets - 1)) == 0);

}  // namespace

int TokenMemory::open() {
    close();
    void* memory = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return errno;
    tokens_ = static_cast<RememberedToken*>(memory);
    return 0;
}

void TokenMemory::close() {
    if (tokens_ != nullptr)
        ::munmap(tokens_, kSize);
    tokens_ = nullptr;
}

RememberedToken* TokenMemory::set_of(const Digest128& digest) {
    return tokens_ + (digest.low & (kSets - 1)) * kWays;
}

const RememberedToken* TokenMemory::find(const Digest128& digest, std::uint64_t epoch) {
    if (tokens_ == nullptr)
        return nullptr;
    RememberedToken* const set = set_of(digest);
    for (std::size_t i = 0; i < kWays; ++i) {
        if (set[i].epoch != epoch || !(set[i].digest == digest))
            continue;
        set[i].last_used = ++uses_;
        return &set[i];
    }
    return nullptr;
}

void TokenMemory::remember(const RememberedToken& token) {
    if (tokens_ == nullptr)
        return;
    RememberedToken* const set = set_of(token.digest);
    RememberedToken* place = set;
    for (std::size_t i = 0; i < kWays; ++i) {
        if (set[i].digest == token.digest) {
            place = &set[i];
            break;
        }
        if (set[i].last_used < place->last_used)
            place = &set[i];
    }
    *place = token;
    place->last_used = ++uses_;
}

}  // namespace tally::edge
