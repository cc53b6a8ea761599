#pragma once

#include "base/siphash.hpp"
#include "model/principal_digest.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tally::edge {

// What is kept of a token that was verified: whom it names and until when it counts. Not the token.
struct RememberedToken {
    Digest128 digest;     // of the whole token, under a secret
    Digest128 principal;  // principal_digest()
    std::int64_t expires_at_us;
    std::uint64_t epoch;  // JwksReader::epoch() when it was verified; 0 = an empty place
    std::uint64_t last_used;
    std::uint8_t name_size;
    char name[kPrincipalSizeMax];

    [[nodiscard]] std::string_view principal_name() const { return {name, name_size}; }
};

static_assert(sizeof(RememberedToken) == 312);

// The tokens that one worker verified, so that it does so once a token. A fixed table, whose memory is taken
// as it fills up: 1,024 sets of four places, in which the longest unused one gives way. One thread. Free of
// the C++ library; nothing is allocated after open().
class TokenMemory {
  public:
    static constexpr std::size_t kSets = 1024;
    static constexpr std::size_t kWays = 4;

    TokenMemory() = default;

    ~TokenMemory() { close(); }

    TokenMemory(const TokenMemory&) = delete;
    TokenMemory& operator=(const TokenMemory&) = delete;

    // 0 or an errno; without memory nothing is remembered.
    int open();
    void close();

    // Null when it is not known, or was verified in another epoch.
    const RememberedToken* find(const Digest128& digest, std::uint64_t epoch);

    // Fills in all but last_used.
    void remember(const RememberedToken& token);

  private:
    RememberedToken* set_of(const Digest128& digest);

    RememberedToken* tokens_ = nullptr;
    std::uint64_t uses_ = 0;
};

}  // namespace tally::edge
