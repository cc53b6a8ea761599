#pragma once

#include "edge/limit_file_format.hpp"
#include "edge/mapped_file.hpp"

#include <cstdint>

namespace tally::edge {

// Whether these bytes are a limit file of this version and of this start of the machine, ready or not.
bool is_limit_file(const char* data, std::uint64_t size);

// A worker's view of the limit file: finds the words that it counts in. One thread. Uses neither the C++
// library nor exceptions, and allocates nothing.
class LimitFileReader {
  public:
    // As MappedFile.
    int open(const char* path) { return file_.open(path); }

    int refresh() { return file_.refresh(); }

    [[nodiscard]] bool available() const { return file_.data() != nullptr; }

    // Whether what stands in the file is what callers have used. Looks at the path again when the server put
    // another file there.
    bool ready() {
        if (!available()) [[unlikely]]
            return false;
        if (__atomic_load_n(&header().superseded, __ATOMIC_ACQUIRE) != 0) [[unlikely]]
            refresh();
        return __atomic_load_n(&header().state, __ATOMIC_ACQUIRE) == kLimitsReady;
    }

    // The block that has these accounts, mapping what the file has grown by if need be; null when there is
    // none. Valid until the next call. Call only when ready().
    LimitBlock* block_of(std::uint32_t ordinal) {
        const std::uint64_t start =
            kLimitFileHeaderSize + ordinal / kAccountsPerBlock * std::uint64_t{sizeof(LimitBlock)};
        if (start + sizeof(LimitBlock) > file_.size()) [[unlikely]]
            return block_after_growth(start);
        return reinterpret_cast<LimitBlock*>(file_.data() + start);
    }

  private:
    [[nodiscard]] const LimitFileHeader& header() const {
        return *reinterpret_cast<const LimitFileHeader*>(file_.data());
    }

    LimitBlock* block_after_growth(std::uint64_t start);

    MappedFile file_{MappedFile::Access::kReadWrite, kLimitFileHeaderSize, is_limit_file};
};

}  // namespace tally::edge
