#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "edge/token/jwks_file.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tally::app {

struct JwksIntervals {
    Microseconds refresh = std::chrono::minutes(4);      // so that a key change is seen within 5 minutes
    Microseconds unknown_kid = std::chrono::minutes(1);  // at most so often because of tokens with other keys
    Microseconds first_retry = std::chrono::seconds(5);  // after a failure; doubled up to `unknown_kid`
    Microseconds usable = std::chrono::hours(24);  // so long the last good keys serve while fetching fails
};

// Keeps the key file as the issuer has its keys. Fetches at the start, then regularly, sooner after a failure
// and when workers met a key that they do not know, and never twice at a time. Keys that cannot be fetched or
// read leave the old ones in use until these are too old. Not thread-safe.
class JwksRefresh {
  public:
    using Fetch = std::function<Result<std::string>()>;
    using Say = std::function<void(std::string_view)>;

    // `fetch` gets the key set's JSON; `say` is told what is left out of it. What it is given must outlive
    // it.
    JwksRefresh(edge::JwksFile& file, Fetch fetch, Say say, const Clock& clock, JwksIntervals intervals = {});

    // Call about once a second: fetches if it is time. The outcome of the latest fetch.
    Status step();

    // How often it was fetched.
    [[nodiscard]] std::uint64_t fetches() const { return fetches_; }

  private:
    [[nodiscard]] bool is_time(Microseconds now) const;
    Status refresh();
    void report(const edge::Jwks& set);

    edge::JwksFile& file_;
    Fetch fetch_;
    Say say_;
    const Clock& clock_;
    JwksIntervals intervals_;
    Status outcome_;
    std::string said_;
    std::uint64_t fetches_ = 0;
    std::uint64_t unknown_kids_seen_ = 0;  // of the file's count, at the last fetch
    Microseconds fetched_at_{0};           // monotonic
    Microseconds next_at_{0};
    Microseconds retry_{0};
};

}  // namespace tally::app
