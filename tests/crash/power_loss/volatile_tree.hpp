#pragma once

#include "base/file_descriptor.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/types.h>

namespace tally::test {

using Path = std::filesystem::path;

// What of a folder tree would be there after a power loss. The tree itself is real and written by the real
// programs; this follows what has been made durable, and at any moment makes a disk of what a loss of power
// would leave: each 512-byte sector written since its file was last synced is there or not, on its own,
// within a page or for the whole of it; names that were made, moved or removed since their folder was last
// synced have changed or not. A rename happens as a whole or not at all. One thread.
class VolatileTree {
  public:
    // What is there now is durable.
    explicit VolatileTree(Path root);

    // Takes note of files and names; before each operation that moves or removes one.
    void look();

    // fdatasync or fsync on a file or folder of the tree; others are left alone.
    void sync(int descriptor);
    // The sync of this file failed: what was not yet written is dropped, and the kernel has forgotten that.
    void fail_sync(int descriptor);

    // The kernel writes back some of what it holds.
    void write_back(std::mt19937_64& random);

    // The tree as the next start finds it; `target` is made.
    void lose_power(std::mt19937_64& random, const Path& target);

  private:
    struct File {
        FileDescriptor live;       // keeps the inode from being used again
        std::string durable;       // bytes on the disk
        std::string first_name;    // relative to the root, as first seen
        std::string live_name;     // now; empty = removed
        std::string durable_name;  // empty = none on the disk
        bool size_durable = false;
        bool broken = false;  // a sync failed: nothing more of it reaches the disk
    };

    [[nodiscard]] std::string relative(const Path& path) const;
    // By file number.
    std::map<std::size_t, std::string> names_after(std::mt19937_64& random);
    static std::string bytes_after(const File& file, std::mt19937_64& random);
    static std::string live_bytes(const File& file);

    Path root_;
    std::vector<File> files_;               // in the order in which they were first seen
    std::map<ino_t, std::size_t> numbers_;  // of them
    std::map<std::string, bool> folders_;   // by relative name: whether it is durable
};

}  // namespace tally::test
