#include "edge/shared_file.hpp"

#include "base/file_descriptor.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally::edge {
namespace {

Path fresh_path(const Path& path) {
    return path.string() + ".new";
}

// Works for damaged files too, as long as they have the place where the flag stands.
void raise_flag(const Path& path, std::uint64_t offset, std::uint32_t value) {
    const FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    struct stat info = {};
    const std::uint64_t size = offset + sizeof value;
    if (!fd.valid() || ::fstat(fd.get(), &info) != 0 || static_cast<std::uint64_t>(info.st_size) < size)
        return;
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (memory == MAP_FAILED)
        return;
    auto* flag = reinterpret_cast<std::uint32_t*>(static_cast<char*>(memory) + offset);
    __atomic_store_n(flag, value, __ATOMIC_RELEASE);
    ::munmap(memory, size);
}

}  // namespace

SharedFile::SharedFile(Private, Path path, int fd, char* data, std::uint64_t size)
    : path_(std::move(path)), fd_(fd), data_(data), size_(size) {}

SharedFile::~SharedFile() {
    if (data_ != nullptr)
        ::munmap(data_, size_);
    ::close(fd_);
}

Result<std::unique_ptr<SharedFile>> SharedFile::create(const Path& path, std::uint64_t size) {
    const Path fresh = fresh_path(path);
    const int fd = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return io_error("create", fresh, errno);
    auto file = std::make_unique<SharedFile>(Private{}, path, fd, nullptr, 0);
    if (Status grown = file->grow(size); !grown.ok()) {
        ::unlink(fresh.c_str());
        return grown.error();
    }
    return file;
}

Result<std::unique_ptr<SharedFile>> SharedFile::open(const Path& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return std::unique_ptr<SharedFile>();
    if (fd < 0)
        return io_error("open", path, errno);
    auto file = std::make_unique<SharedFile>(Private{}, path, fd, nullptr, 0);
    struct stat info = {};
    if (::fstat(fd, &info) != 0)
        return io_error("look at", path, errno);
    if (info.st_size == 0)
        return file;
    const auto size = static_cast<std::uint64_t>(info.st_size);
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return io_error("map", path, errno);
    file->data_ = static_cast<char*>(memory);
    file->size_ = size;
    return file;
}

Status SharedFile::grow(std::uint64_t size) {
    if (const int error = ::posix_fallocate(fd_, static_cast<off_t>(size_), static_cast<off_t>(size - size_));
        error != 0)
        return io_error("allocate", path_, error);
    void* memory = data_ == nullptr ? ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0)
                                    : ::mremap(data_, size_, size, MREMAP_MAYMOVE);
    if (memory == MAP_FAILED)
        return io_error("map", path_, errno);
    data_ = static_cast<char*>(memory);
    size_ = size;
    return {};
}

Status SharedFile::take_place(std::uint64_t flag_offset) {
    const Path fresh = fresh_path(path_);
    raise_flag(path_, flag_offset, 1);
    if (::rename(fresh.c_str(), path_.c_str()) == 0)
        return {};
    const int error = errno;
    raise_flag(path_, flag_offset, 0);
    return io_error("rename " + fresh.string() + " to", path_, error);
}

}  // namespace tally::edge
