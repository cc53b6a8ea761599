#pragma once

#include "base/siphash.hpp"

#include <cstdint>

#include <fcntl.h>
#include <unistd.h>

namespace tally::edge {

// A number that is another one after each start of the machine; 0 where the kernel does not tell. Shared
// mappings survive the death of every process but not a power cut, so a table of another boot is not trusted.
// Header-only and free of the C++ library, because the nginx module uses it.
inline std::uint64_t boot_digest() {
    const int fd = ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    char text[64] = {};
    const ssize_t size = ::read(fd, text, sizeof text);
    ::close(fd);
    return size > 0 ? siphash128(SipKey{1, 2}, text, static_cast<std::size_t>(size)).low : 0;
}

}  // namespace tally::edge
