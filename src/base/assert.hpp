#pragma once

#include <cstdio>
#include <cstdlib>

// A programmer's mistake ends the process, in release builds too: a wrong bill is worse than no bill.
#define TALLY_ASSERT(condition, why)                                                                         \
    do {                                                                                                     \
        if (!(condition)) [[unlikely]] {                                                                     \
            std::fprintf(stderr, "%s:%d: assertion failed: %s (%s)\n", __FILE__, __LINE__, #condition, why); \
            std::abort();                                                                                    \
        }                                                                                                    \
    } while (false)

// For measured hot loops only: checked in debug builds.
#ifdef NDEBUG
#define TALLY_DCHECK(condition, why) static_cast<void>(sizeof(condition))
#else
#define TALLY_DCHECK(condition, why) TALLY_ASSERT(condition, why)
#endif
