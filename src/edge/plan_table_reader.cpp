#include "edge/plan_table_reader.hpp"

#include "base/crc32c.hpp"
#include "edge/boot_digest.hpp"

#include <cstring>

namespace tally::edge {

bool is_plan_table(const char* data, std::uint64_t size) {
    const auto& header = *reinterpret_cast<const PlanTableHeader*>(data);
    return size >= kPlanTableHeaderSize &&
           std::memcmp(header.magic, kPlanTableMagic, sizeof header.magic) == 0 &&
           header.version == kPlanTableVersion && header.header_size == kPlanTableHeaderSize &&
           crc32c(&header, kPlanTableCrcSpan) == header.header_crc && header.file_size == size &&
           header.capacity <= (size - kPlanTableHeaderSize) / sizeof(std::uint64_t) &&
           header.boot_digest == boot_digest();
}

const PlanRecord* PlanTableReader::find(std::uint32_t ordinal) {
    const auto* header = reinterpret_cast<const PlanTableHeader*>(file_.data());
    // The flag goes up before the new file takes the path; until then this maps nothing new, and the next
    // request looks again.
    if (__atomic_load_n(&header->superseded, __ATOMIC_ACQUIRE) != 0) [[unlikely]] {
        refresh();
        header = reinterpret_cast<const PlanTableHeader*>(file_.data());
    }
    if (ordinal >= header->capacity)
        return nullptr;
    const auto* places = reinterpret_cast<const std::uint64_t*>(file_.data() + kPlanTableHeaderSize);
    const std::uint64_t offset = __atomic_load_n(places + ordinal, __ATOMIC_ACQUIRE);
    if (offset == 0 || offset > file_.size() - sizeof(PlanRecord))
        return nullptr;
    return reinterpret_cast<const PlanRecord*>(file_.data() + offset);
}

const MethodRecord* find_method(const PlanRecord& plan, const void* method, std::size_t method_size,
                                const void* path, std::size_t path_size) {
    const MethodRecord* entry = methods_of(plan);
    for (const MethodRecord* const end = entry + plan.method_count; entry != end; ++entry) {
        if (entry->is_prefix != 0 ? path_size < entry->path_size : path_size != entry->path_size)
            continue;
        const char* text = text_of(plan, entry->text_offset);
        if (entry->method_size != 0 &&
            (entry->method_size != method_size || std::memcmp(text, method, method_size) != 0))
            continue;
        if (std::memcmp(text + entry->method_size, path, entry->path_size) == 0)
            return entry;
    }
    return nullptr;
}

}  // namespace tally::edge
