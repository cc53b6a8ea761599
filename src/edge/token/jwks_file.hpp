#pragma once

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "edge/token/jwks.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tally::edge {

// The server's side of the key file that nginx's workers read: the one writer. Not thread-safe. A file that
// is damaged or of another issuer counts as none.
class JwksFile {
  public:
    // `issuer` has at most kIssuerSizeMax bytes. What a server before wrote is taken over.
    JwksFile(Path path, std::string issuer);
    ~JwksFile();
    JwksFile(const JwksFile&) = delete;
    JwksFile& operator=(const JwksFile&) = delete;

    // Other keys than before take the old ones' place in one step, and every worker sees them within a
    // second; the same keys only get the new times. After a crash the old or the new file is there.
    Status publish(const std::vector<IssuerKey>& keys, Instant fetched_at, Instant usable_until);

    // Tokens that named a key which is not here, since the keys last changed. Rises only.
    [[nodiscard]] std::uint64_t unknown_kids() const;

    // Until when the workers may use what is there; the epoch when nothing is.
    [[nodiscard]] Instant usable_until() const;

  private:
    class Mapping;

    Status map();
    Status write(const std::string& file);

    Path path_;
    std::string issuer_;
    std::unique_ptr<Mapping> mapping_;  // null when there is no file yet
};

}  // namespace tally::edge
