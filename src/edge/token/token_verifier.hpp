#pragma once

#include "base/siphash.hpp"
#include "edge/token/jwks_reader.hpp"
#include "edge/token/jwt.hpp"
#include "edge/token/token_memory.hpp"

#include <cstdint>
#include <string_view>

namespace tally::edge {

// What is to be thought of a token. The views live until the verifier's next call.
struct TokenVerdict {
    TokenFault fault = TokenFault::kNone;
    bool was_remembered = false;
    std::string_view principal;  // with kNone and kExpired
    Digest128 principal_digest;  // the same
};

// Verifies tokens of one issuer, each once: what was found right is remembered until the issuer's keys
// change, and tells an expired token from a good one afterwards. One thread. Free of the C++ library; the
// heap is used by libcrypto alone, and not for remembered tokens.
class TokenVerifier {
  public:
    // `path`: the key file, zero-terminated. All texts of the rules outlive the verifier. The result is the
    // key file's, as of JwksReader::open; it is looked for again by refresh().
    int open(const char* path, const TokenRules& rules);

    // Call once a second: what the server publishes counts from then on. As JwksReader::refresh.
    int refresh() { return keys_.refresh(); }

    // Whether tokens are wanted at all.
    [[nodiscard]] bool configured() const { return configured_; }

    [[nodiscard]] bool usable(std::int64_t now_us) const { return keys_.usable(now_us); }

    // `secret` is the key table's, `digest` the token's under it.
    TokenVerdict check(std::string_view token, SipKey secret, const Digest128& digest, std::int64_t now_us);

  private:
    TokenFault verify(std::string_view token, std::int64_t now_us, TokenClaims& claims);

    bool configured_ = false;
    TokenRules rules_;
    JwksReader keys_;
    TokenMemory memory_;
    RememberedToken latest_ = {};  // what the verdict's views point to
};

}  // namespace tally::edge
