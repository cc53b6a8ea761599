#pragma once

#include "volatile_tree.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace tally::test {

// The power of this process's disk. The program is linked so that the C library's fdatasync, fsync, rename,
// renameat2 and unlink come through here; nothing is synced for real.
class Power {
  public:
    // From now on `tree` is followed; at the `fails_at`-th operation the power is lost: what would be left
    // is written to `image`, and `on_loss` is called. The program itself goes on; what it does then counts
    // no more. `eio_at`: that sync of a file fails once (0 = none).
    void watch(const Path& tree, std::uint64_t seed, std::uint64_t fails_at, std::uint64_t eio_at, Path image,
               std::function<void()> on_loss);

    // One operation; also called by tests between their own steps.
    void operation();

    // At the end of a life that came to no loss.
    void lose_now();

    [[nodiscard]] bool lost() const { return lost_; }

    void write_back();

    // Not followed any more.
    void stop();

    int sync(int descriptor);
    void before_change();

  private:
    std::optional<VolatileTree> tree_;
    std::mt19937_64 random_;
    std::uint64_t fails_at_ = 0;
    std::uint64_t eio_at_ = 0;
    std::uint64_t operations_ = 0;
    std::uint64_t syncs_ = 0;
    bool lost_ = false;
    Path image_;
    std::function<void()> on_loss_;
};

Power& power();

}  // namespace tally::test
