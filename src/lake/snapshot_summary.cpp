#include "lake/snapshot_summary.hpp"

#include <charconv>
#include <set>

namespace tally::lake {

std::optional<std::int64_t> summary_counter(const std::map<std::string, std::string>& summary,
                                            std::string_view key) {
    const auto found = summary.find(std::string(key));
    if (found == summary.end())
        return std::nullopt;
    const std::string& text = found->second;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::map<std::string, std::string> append_summary(const std::vector<DataFile>& files,
                                                  const TableTotals& before) {
    TableTotals added;
    std::set<std::int32_t> days;
    for (const DataFile& file : files) {
        added.rows += file.record_count;
        added.bytes += file.file_size;
        ++added.files;
        days.insert(file.partition_day);
    }
    return {{"operation", "append"},
            {"added-data-files", std::to_string(added.files)},
            {"added-records", std::to_string(added.rows)},
            {"added-files-size", std::to_string(added.bytes)},
            {"changed-partition-count", std::to_string(days.size())},
            {std::string(kTotalRecords), std::to_string(before.rows + added.rows)},
            {std::string(kTotalDataFiles), std::to_string(before.files + added.files)},
            {std::string(kTotalFilesSize), std::to_string(before.bytes + added.bytes)},
            {"total-delete-files", "0"},
            {"total-position-deletes", "0"},
            {"total-equality-deletes", "0"}};
}

}  // namespace tally::lake
