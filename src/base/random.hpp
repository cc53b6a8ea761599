#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tally {

// The only source of randomness. Thread-safe.
class RandomSource {
  public:
    virtual ~RandomSource() = default;
    virtual void fill(std::span<std::byte> out) = 0;
    std::uint64_t next_u64();
};

// getrandom(2). Ends the process when the kernel has no randomness to give, which Linux does not do after
// boot.
class SystemRandom final : public RandomSource {
  public:
    void fill(std::span<std::byte> out) override;
};

// Repeats the same bytes for the same seed: for tests that must replay. Never for keys.
class SeededRandom final : public RandomSource {
  public:
    explicit SeededRandom(std::uint64_t seed);
    ~SeededRandom() override;
    void fill(std::span<std::byte> out) override;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// `length` characters of [0-9A-Za-z], each equally likely.
std::string random_base62(RandomSource& random, std::size_t length);

// prefix + 16 base62 characters (95 bits): the ids that the API hands out, e.g. "cus_" + ....
std::string make_id(RandomSource& random, std::string_view prefix);

// A version 4 UUID in lower case (RFC 9562).
std::string make_uuid(RandomSource& random);

}  // namespace tally
