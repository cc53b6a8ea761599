#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "model/geography.hpp"

#include <functional>
#include <memory>
#include <string>

namespace tally::edge {

// MaxMind DB files (.mmdb), as GeoLite2-Country or GeoLite2-City and GeoLite2-ASN are; empty = none.
struct GeoFiles {
    Path country;  // read for country.iso_code
    Path asn;      // read for autonomous_system_number
};

// A Geography out of such files. Each is read into memory; a file that was replaced since is read again with
// the next batch. Files are rechecked once a batch. When one is gone, rows get null from then on; when it was
// replaced by something that cannot be read, the one from before stays in use. `warn` is told of both, once a
// change, from the thread that asks. Thread-safe.
class GeoDatabase final : public Geography {
  public:
    using Warn = std::function<void(const std::string& message)>;

    // kNotFound, kCorruption: the file and the way out are named.
    static Result<std::unique_ptr<GeoDatabase>> open(const GeoFiles& files, Warn warn);
    ~GeoDatabase() override;

    void locate(std::span<RequestRecord> records) override;

  private:
    struct Impl;
    explicit GeoDatabase(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::edge
