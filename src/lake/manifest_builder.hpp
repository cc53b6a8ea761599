#pragma once

#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "lake/manifest.hpp"
#include "lake/manifest_list.hpp"

#include <cstdint>
#include <limits>
#include <string>

namespace tally::lake {

// A manifest being written, and its line in the manifest list.
class ManifestBuilder {
  public:
    ManifestBuilder(const ManifestHeader& header, RandomSource& random);

    Status add(const ManifestEntry& entry);

    [[nodiscard]] std::int64_t entries() const { return line_.live_files(); }

    // Writes the manifest, durably, to `location`. Sequence numbers and snapshot of the line are left to the
    // caller, but for the least sequence number of its existing entries (the greatest number when it has
    // none).
    Result<ManifestFile> write(FileSystem& files, const std::string& location);

  private:
    ManifestWriter writer_;
    ManifestFile line_;
    std::int32_t day_min_ = std::numeric_limits<std::int32_t>::max();
    std::int32_t day_max_ = std::numeric_limits<std::int32_t>::min();
};

}  // namespace tally::lake
