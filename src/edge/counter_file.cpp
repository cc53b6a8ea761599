#include "edge/counter_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally::edge {
namespace {

constexpr std::int64_t kHourUs = 3'600'000'000;

// Several workers may be the first at the same time, so the file is made under its lock.
int prepare(int fd) {
    if (::flock(fd, LOCK_EX) != 0)
        return errno;
    struct stat info = {};
    if (::fstat(fd, &info) != 0)
        return errno;
    if (info.st_size == static_cast<off_t>(sizeof(CounterFileContent)))
        return 0;
    if (info.st_size != 0)
        return EINVAL;
    return ::posix_fallocate(fd, 0, static_cast<off_t>(sizeof(CounterFileContent)));
}

bool is_blank(const CounterFileContent& content) {
    static constexpr char kZeros[sizeof content.magic] = {};
    return std::memcmp(content.magic, kZeros, sizeof kZeros) == 0;
}

}  // namespace

int CounterFile::open(const char* path) {
    const int fd = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    void* memory = MAP_FAILED;
    int error = prepare(fd);
    if (error == 0) {
        memory = ::mmap(nullptr, sizeof(CounterFileContent), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        error = memory == MAP_FAILED ? errno : 0;
    }
    auto* content = static_cast<CounterFileContent*>(memory);
    if (error == 0 && is_blank(*content)) {
        content->version = kCounterVersion;
        content->hours = static_cast<std::uint32_t>(kCounterHours);
        std::memcpy(content->magic, kCounterMagic, sizeof content->magic);
    }
    ::flock(fd, LOCK_UN);  // closing does not: the mapping holds on to the open file
    ::close(fd);
    if (error != 0)
        return error;
    if (std::memcmp(content->magic, kCounterMagic, sizeof content->magic) != 0 ||
        content->version != kCounterVersion) {
        ::munmap(memory, sizeof(CounterFileContent));
        return EINVAL;
    }
    close();
    content_ = content;
    return 0;
}

void CounterFile::close() {
    if (content_ != nullptr)
        ::munmap(content_, sizeof(CounterFileContent));
    content_ = nullptr;
}

void CounterFile::add(Uncaptured kind, std::int64_t now_us) {
    const auto hour = static_cast<std::uint64_t>(now_us / kHourUs);
    HourCounters& slot = content_->slots[hour % kCounterHours];
    std::uint64_t& counter = kind == Uncaptured::kLost ? slot.lost : slot.refused;
    std::uint64_t seen = __atomic_load_n(&counter, __ATOMIC_RELAXED);
    std::uint64_t next = 0;
    do {
        next = (seen >> kCounterHourShift) == hour ? seen + 1 : (hour << kCounterHourShift) + 1;
    } while (!__atomic_compare_exchange_n(&counter, &seen, next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

}  // namespace tally::edge
