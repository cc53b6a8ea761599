#pragma once

#include <cstdint>

namespace tally::test {

inline constexpr std::uint32_t kFailedFilesMax = 4096;

// What a test and faulty_disk_shim.cpp, which is preloaded into nginx, share: a mapped file, zeros at first.
// Only syncs of segments (*.seg) take part. Plain memory, used with __atomic builtins from several processes.
struct FaultyDisk {
    std::uint32_t hold;      // by the test; not 0: syncs wait before they do anything
    std::uint32_t fail;      // by the test; so many of the next syncs fail with EIO and do nothing
    std::uint32_t inside;    // syncs that wait now
    std::uint32_t syncs;     // that have ended well
    std::uint32_t failures;  // that failed
    std::uint32_t again;     // of a file of which one had failed: must stay 0
    std::uint32_t files;     // used entries of the list
    std::uint32_t reserved;
    std::uint64_t failed_files[kFailedFilesMax];  // their inodes
};

}  // namespace tally::test
