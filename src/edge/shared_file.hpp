#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <memory>

namespace tally::edge {

// A file in shared memory as its one writer sees it: mapped for reading and writing, mode 0600, every byte
// of it allocated, so that a full disk shows here and not as SIGBUS in a worker.
class SharedFile {
    struct Private {};

  public:
    SharedFile(Private, Path path, int fd, char* data, std::uint64_t size);
    ~SharedFile();
    SharedFile(const SharedFile&) = delete;
    SharedFile& operator=(const SharedFile&) = delete;

    // `size` zero bytes at `path` + ".new"; take_place() brings it to `path`.
    static Result<std::unique_ptr<SharedFile>> create(const Path& path, std::uint64_t size);

    // What stands at `path`; null where there is nothing. Empty files are mapped as null data of size 0.
    static Result<std::unique_ptr<SharedFile>> open(const Path& path);

    // Makes it longer by zeros. data() moves; readers keep what they have mapped.
    Status grow(std::uint64_t size);

    // For a file that create() made: raises the u32 at `flag_offset` of the file that is at the path now, so
    // that its readers look again, then renames this one over it. Whichever of the two steps a crash spares,
    // a reader ends up with what stands at the path.
    Status take_place(std::uint64_t flag_offset);

    [[nodiscard]] char* data() const { return data_; }

    [[nodiscard]] std::uint64_t size() const { return size_; }

  private:
    const Path path_;
    int fd_;
    char* data_;
    std::uint64_t size_;
};

}  // namespace tally::edge
