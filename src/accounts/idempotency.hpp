#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tally::accounts {

// The answer that a write with this Idempotency-Key got.
struct SavedAnswer {
    int status = 0;
    std::string content_type;
    std::string body;
};

// Remembers the answers to writes, so that a repeated one is not done twice. A port: state/ implements it.
// Thread-safe.
//
//   begin ──► nullopt: do it, then finish (or abandon, when nothing was done)
//        ├──► an answer: give it again
//        ├──► kConflict: the key was used for another request
//        └──► kUnavailable: the same request is being done now, or a crash cut it off; look before repeating
//
// Bodies that hold a secret must not be saved: finish them with the secret left out.
class IdempotencyStore {
  public:
    virtual ~IdempotencyStore() = default;
    // `request_digest` tells requests apart: a hash of method, path and body.
    [[nodiscard]] virtual Result<std::optional<SavedAnswer>> begin(std::string_view key,
                                                                   std::string_view request_digest) = 0;
    [[nodiscard]] virtual Status finish(std::string_view key, const SavedAnswer& answer) = 0;
    [[nodiscard]] virtual Status abandon(std::string_view key) = 0;
};

}  // namespace tally::accounts
