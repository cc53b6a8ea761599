#pragma once

#include <cstddef>
#include <cstdint>

namespace tally::edge {

inline constexpr char kCounterMagic[8] = {'T', 'A', 'L', 'L', 'Y', 'C', 'N', 'T'};
inline constexpr std::uint32_t kCounterVersion = 1;
inline constexpr std::uint64_t kCounterHours = 8192;  // 341 days, then an hour's place is used again
inline constexpr int kCounterHourShift = 40;  // the upper 24 bits of a counter are its hour since 1970

// One hour's counters. Each holds its hour and its count in one word, so that adding is one compare-and-swap
// and no count is lost or added to another hour.
struct HourCounters {
    std::uint64_t lost;     // served, or ended by the client, without a record
    std::uint64_t refused;  // answered 503 because there was no room for a record
};

struct CounterFileContent {
    char magic[8];
    std::uint32_t version;
    std::uint32_t hours;
    std::uint64_t reserved[6];
    HourCounters slots[kCounterHours];
};

static_assert(sizeof(CounterFileContent) == 64 + kCounterHours * 16);

enum class Uncaptured : std::uint8_t { kLost, kRefused };

// What the capture log could not take, counted exactly by every worker in one shared file. Uses neither the
// C++ library nor exceptions. Counts survive the death of any process.
class CounterFile {
  public:
    CounterFile() = default;

    ~CounterFile() { close(); }

    CounterFile(const CounterFile&) = delete;
    CounterFile& operator=(const CounterFile&) = delete;

    // Maps the file, which is made when it is not there. 0, an errno, or EINVAL for a file of another kind.
    int open(const char* path);

    void close();

    [[nodiscard]] bool available() const { return content_ != nullptr; }

    // Adds one to the hour of `now_us`. Any process and thread.
    void add(Uncaptured kind, std::int64_t now_us);

    [[nodiscard]] const CounterFileContent* content() const { return content_; }

  private:
    CounterFileContent* content_ = nullptr;
};

}  // namespace tally::edge
