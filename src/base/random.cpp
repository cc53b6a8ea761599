#include "base/random.hpp"

#include "base/assert.hpp"

#include <array>
#include <cstring>
#include <mutex>
#include <random>

#include <fmt/format.h>
#include <sys/random.h>

namespace tally {

std::uint64_t RandomSource::next_u64() {
    std::uint64_t value = 0;
    fill(std::as_writable_bytes(std::span(&value, 1)));
    return value;
}

void SystemRandom::fill(std::span<std::byte> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t got = getrandom(out.data() + done, out.size() - done, 0);
        TALLY_ASSERT(got > 0 || errno == EINTR, "the kernel gives no random bytes");
        if (got > 0)
            done += static_cast<std::size_t>(got);
    }
}

struct SeededRandom::State {
    std::mutex mutex;
    std::mt19937_64 engine;
};

SeededRandom::SeededRandom(std::uint64_t seed) : state_(std::make_unique<State>()) {
    state_->engine.seed(seed);
}

SeededRandom::~SeededRandom() = default;

void SeededRandom::fill(std::span<std::byte> out) {
    const std::lock_guard lock(state_->mutex);
    for (std::size_t at = 0; at < out.size(); at += sizeof(std::uint64_t)) {
        const std::uint64_t word = state_->engine();
        std::memcpy(out.data() + at, &word, std::min(sizeof word, out.size() - at));
    }
}

std::string random_base62(RandomSource& random, std::size_t length) {
    static constexpr std::string_view kDigits =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::string text;
    text.reserve(length);
    std::array<std::byte, 64> pool{};
    std::size_t left = 0;
    while (text.size() < length) {
        if (left == 0) {
            random.fill(pool);
            left = pool.size();
        }
        // 6 bits give 0..63; 62 and 63 are thrown away so that every digit stays equally likely.
        const auto draw = std::to_integer<unsigned>(pool[--left]) & 63U;
        if (draw < kDigits.size())
            text.push_back(kDigits[draw]);
    }
    return text;
}

std::string make_id(RandomSource& random, std::string_view prefix) {
    return std::string(prefix) + random_base62(random, 16);
}

std::string make_uuid(RandomSource& random) {
    std::uint64_t high = random.next_u64();
    std::uint64_t low = random.next_u64();
    high = (high & ~0xF000ULL) | 0x4000ULL;
    low = (low & ~(3ULL << 62)) | (2ULL << 62);
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF,
                       high & 0xFFFF, low >> 48, low & 0xFFFFFFFFFFFFULL);
}

}  // namespace tally
