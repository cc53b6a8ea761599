#pragma once

#include <cstdint>

namespace tally::edge {

// A shared file as a worker sees it: mapped, followed when the server puts another file in its place, mapped
// anew when it has grown. One thread. Uses neither the C++ library nor exceptions, and allocates nothing.
class MappedFile {
  public:
    // Not an errno: the file is there and `check` does not know it.
    static constexpr int kBadFile = -1;

    enum class Access : std::uint8_t { kRead, kReadWrite };

    // Whether the `size` mapped bytes, `size_min` at least, are what is wanted.
    using Check = bool (*)(const char* data, std::uint64_t size);

    MappedFile(Access access, std::uint64_t size_min, Check check)
        : access_(access), size_min_(size_min), check_(check) {}

    ~MappedFile() { close(); }

    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    // `path` is zero-terminated and outlives this. As refresh().
    int open(const char* path);

    // Maps the file at the path if it is another one than the mapped, or has grown. 0, an errno or kBadFile;
    // what was mapped before stays so when the new file cannot be.
    int refresh();

    void close();

    // Null until a file was mapped. Another one after each refresh() that mapped something.
    [[nodiscard]] char* data() const { return data_; }

    [[nodiscard]] std::uint64_t size() const { return size_; }

  private:
    int map(int fd);
    int extend(std::uint64_t size);

    const Access access_;
    const std::uint64_t size_min_;
    const Check check_;
    const char* path_ = nullptr;
    char* data_ = nullptr;
    std::uint64_t size_ = 0;
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
};

}  // namespace tally::edge
