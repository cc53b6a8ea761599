#pragma once

#include "edge/mapped_file.hpp"
#include "edge/plan_table_format.hpp"

#include <cstddef>
#include <cstdint>

namespace tally::edge {

// Whether these bytes are a plan table of this version and of this start of the machine.
bool is_plan_table(const char* data, std::uint64_t size);

// A worker's view of the plan table. One thread. Uses neither the C++ library nor exceptions, and allocates
// nothing. What the server publishes is seen by the next find().
class PlanTableReader {
  public:
    // As MappedFile.
    int open(const char* path) { return file_.open(path); }

    int refresh() { return file_.refresh(); }

    [[nodiscard]] bool available() const { return file_.data() != nullptr; }

    // The plan, or null where there is none; valid until the next find() or refresh(). Call only when
    // available().
    const PlanRecord* find(std::uint32_t ordinal) {
        // The flag goes up before the new file takes the path; until then this maps nothing new, and the next
        // request looks again.
        if (__atomic_load_n(&header().superseded, __ATOMIC_ACQUIRE) != 0) [[unlikely]]
            refresh();
        if (ordinal >= header().capacity)
            return nullptr;
        const auto* places = reinterpret_cast<const std::uint64_t*>(file_.data() + kPlanTableHeaderSize);
        const std::uint64_t offset = __atomic_load_n(places + ordinal, __ATOMIC_ACQUIRE);
        if (offset == 0 || offset > file_.size() - sizeof(PlanRecord))
            return nullptr;
        return reinterpret_cast<const PlanRecord*>(file_.data() + offset);
    }

  private:
    [[nodiscard]] const PlanTableHeader& header() const {
        return *reinterpret_cast<const PlanTableHeader*>(file_.data());
    }

    MappedFile file_{MappedFile::Access::kRead, kPlanTableHeaderSize, is_plan_table};
};

// The bytes `offset` behind the start of a record.
inline const char* text_of(const PlanRecord& plan, std::uint32_t offset) {
    return reinterpret_cast<const char*>(&plan) + offset;
}

inline const MethodRecord* methods_of(const PlanRecord& plan) {
    return reinterpret_cast<const MethodRecord*>(&plan + 1);
}

// The throttle that a request's method and path have for themselves; null when there is none. Compares bytes:
// `path` is decoded and normalized.
const MethodRecord* find_method(const PlanRecord& plan, const void* method, std::size_t method_size,
                                const void* path, std::size_t path_size);

}  // namespace tally::edge
