#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace tally::test {

// Runs `one` for TALLYMAN_SEEDS seeds (`slice` when that is not set), from TALLYMAN_SEED on (a random one
// when that is not set), until one reports a failure to gtest; prints which seed that was. A seed gives the
// same run each time.
void for_each_seed(std::uint64_t slice, const std::function<void(std::uint64_t seed)>& one);

// For files that need no disk: in memory where the machine has such a folder.
class ScratchFolder {
  public:
    ScratchFolder();
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace tally::test
