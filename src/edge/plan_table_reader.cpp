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
