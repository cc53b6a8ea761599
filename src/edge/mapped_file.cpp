#include "edge/mapped_file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally::edge {

int MappedFile::open(const char* path) {
    path_ = path;
    return refresh();
}

int MappedFile::refresh() {
    const int fd = ::open(path_, (access_ == Access::kRead ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (fd < 0)
        return errno;
    const int error = map(fd);
    ::close(fd);
    return error;
}

int MappedFile::map(int fd) {
    struct stat info = {};
    if (::fstat(fd, &info) != 0)
        return errno;
    const auto size = static_cast<std::uint64_t>(info.st_size);
    const bool is_same = data_ != nullptr && info.st_dev == device_ && info.st_ino == inode_;
    if (is_same && size == size_)
        return 0;
    if (is_same && size > size_)
        return extend(size);
    if (size < size_min_)
        return kBadFile;
    const int protection = access_ == Access::kRead ? PROT_READ : PROT_READ | PROT_WRITE;
    void* memory = ::mmap(nullptr, size, protection, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return errno;
    auto* data = static_cast<char*>(memory);
    if (!check_(data, size)) {
        ::munmap(memory, size);
        return kBadFile;
    }
    close();
    data_ = data;
    size_ = size;
    device_ = info.st_dev;
    inode_ = info.st_ino;
    return 0;
}

// Keeps the pages that are mapped already, unlike a mapping from scratch.
int MappedFile::extend(std::uint64_t size) {
    void* memory = ::mremap(data_, size_, size, MREMAP_MAYMOVE);
    if (memory == MAP_FAILED)
        return errno;
    data_ = static_cast<char*>(memory);
    size_ = size;
    return 0;
}

void MappedFile::close() {
    if (data_ != nullptr)
        ::munmap(data_, size_);
    data_ = nullptr;
    size_ = 0;
}

}  // namespace tally::edge
