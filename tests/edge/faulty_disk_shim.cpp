// A disk whose syncs take as long as a test likes, or fail: preloaded into nginx. The file that FAULTY_DISK
// names is shared with the test. Uses libc only, like the module beside it.
#include "faulty_disk.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using tally::test::FaultyDisk;
using tally::test::kFailedFilesMax;

FaultyDisk* disk = nullptr;

__attribute__((constructor)) void map_disk() {
    const char* path = std::getenv("FAULTY_DISK");
    const int fd = path != nullptr ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void* memory = ::mmap(nullptr, sizeof(FaultyDisk), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory != MAP_FAILED)
        disk = static_cast<FaultyDisk*>(memory);
    ::close(fd);
}

bool is_segment(int fd) {
    char link[64];
    char name[4096];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t size = ::readlink(link, name, sizeof name);
    return size > 4 && std::memcmp(name + size - 4, ".seg", 4) == 0;
}

bool has_failed(std::uint64_t inode) {
    const std::uint32_t files = __atomic_load_n(&disk->files, __ATOMIC_ACQUIRE);
    for (std::uint32_t i = 0; i < files && i < kFailedFilesMax; ++i)
        if (disk->failed_files[i] == inode)
            return true;
    return false;
}

// One of the failures that the test has ordered.
bool take_failure() {
    std::uint32_t left = __atomic_load_n(&disk->fail, __ATOMIC_ACQUIRE);
    while (left > 0)
        if (__atomic_compare_exchange_n(&disk->fail, &left, left - 1, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            return true;
    return false;
}

void add_one(std::uint32_t& counter) {
    __atomic_add_fetch(&counter, 1U, __ATOMIC_ACQ_REL);
}

int fail_sync(std::uint64_t inode) {
    disk->failed_files[disk->files % kFailedFilesMax] = inode;
    add_one(disk->files);
    add_one(disk->failures);
    errno = EIO;
    return -1;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int fdatasync(int fd) {
    using Sync = int (*)(int);
    static const auto real = reinterpret_cast<Sync>(::dlsym(RTLD_NEXT, "fdatasync"));
    struct stat info = {};
    if (disk == nullptr || !is_segment(fd) || ::fstat(fd, &info) != 0)
        return real(fd);
    add_one(disk->inside);
    while (__atomic_load_n(&disk->hold, __ATOMIC_ACQUIRE) != 0)
        ::usleep(1000);  // poll
    __atomic_sub_fetch(&disk->inside, 1U, __ATOMIC_ACQ_REL);
    if (has_failed(info.st_ino))
        add_one(disk->again);
    if (take_failure())
        return fail_sync(info.st_ino);
    const int result = real(fd);
    add_one(disk->syncs);
    return result;
}
