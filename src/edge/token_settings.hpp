#pragma once

#include "base/file_system.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace tally::edge {

// Whose tokens the edge trusts, and what they must say; edge/token/jwt.hpp.
struct TokenSettings {
    std::string issuer;                  // empty = there are no tokens, and the rest does not count
    Path jwks;                           // the issuer's keys as the server publishes them
    std::vector<std::string> audiences;  // "*" = tokens for anybody
    std::vector<std::string> token_uses = {"access"};  // "*" = any, also none
    std::string principal_claim = "sub";
    std::chrono::milliseconds clock_skew = std::chrono::seconds(60);
    bool admit_unknown = false;  // let principals in that no customer has
    bool operator==(const TokenSettings&) const = default;
};

// The directives of nginx.conf; empty without an issuer.
std::string token_directives(const TokenSettings& settings);

}  // namespace tally::edge
