#pragma once

#include "lake/data_file.hpp"
#include "lake/table.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::lake {

inline constexpr std::string_view kTotalRecords = "total-records";
inline constexpr std::string_view kTotalDataFiles = "total-data-files";
inline constexpr std::string_view kTotalFilesSize = "total-files-size";

// A counter of a summary; nullopt when it is not there or no number.
std::optional<std::int64_t> summary_counter(const std::map<std::string, std::string>& summary,
                                            std::string_view key);

// The counters that the table spec (appendix F) names for an append of `files` on top of `before`.
std::map<std::string, std::string> append_summary(const std::vector<DataFile>& files,
                                                  const TableTotals& before);

}  // namespace tally::lake
