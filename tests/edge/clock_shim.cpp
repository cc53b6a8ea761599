// A wall clock that a test can set: preloaded into nginx. The file that CLOCK_SHIM names is shared with the
// test and holds the seconds by which the wall clock is off. Uses libc only.
#include <cstdint>
#include <cstdlib>
#include <ctime>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

std::int64_t* offset_s = nullptr;

__attribute__((constructor)) void map_offset() {
    const char* path = std::getenv("CLOCK_SHIM");
    const int fd = path != nullptr ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void* memory = ::mmap(nullptr, sizeof *offset_s, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory != MAP_FAILED)
        offset_s = static_cast<std::int64_t*>(memory);
    ::close(fd);
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
    if (result == 0 && offset_s != nullptr && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        time->tv_sec += __atomic_load_n(offset_s, __ATOMIC_ACQUIRE);
    return result;
}

__attribute__((visibility("default"))) int gettimeofday(timeval* time, void*) noexcept {
    timespec now = {};
    const int result = clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return result;
}

}  // extern "C"
