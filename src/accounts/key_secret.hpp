#pragma once

#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/siphash.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace tally::accounts {

// The secrets of a data folder under which API keys are hashed: a pepper for HMAC-SHA-256 (the record of a
// key) and a SipHash key (the edge's look-up table). Both stay the same for the folder's life: another one
// makes every existing key unknown. A value; thread-safe to read.
//
// File "key.secret", mode 0600, text:
//     tallyman-key-secret 1
//     pepper <64 hex digits>
//     siphash <32 hex digits>
class KeySecret {
  public:
    static KeySecret generate(RandomSource& random);
    // Writes a new secret, synced, mode 0600. kAlreadyExists when the file is there.
    static Status create_file(const Path& path, RandomSource& random);
    // kForbidden when group or others may read the file; kCorruption when it is not in the format above.
    static Result<KeySecret> load(const Path& path);

    // HMAC-SHA-256(pepper, key) as 64 hex digits.
    [[nodiscard]] std::string hmac(std::string_view key) const;
    [[nodiscard]] Digest128 digest(std::string_view key) const;
    // Of whom tokens of an issuer name; model/principal_digest.hpp.
    [[nodiscard]] Digest128 principal_digest(std::string_view issuer, std::string_view principal) const;

    // For the edge, which hashes what clients send.
    [[nodiscard]] SipKey sip_key() const { return sip_key_; }

  private:
    KeySecret(Secret pepper, SipKey sip_key) : pepper_(std::move(pepper)), sip_key_(sip_key) {}

    Secret pepper_;  // 32 raw bytes
    SipKey sip_key_;
};

}  // namespace tally::accounts
