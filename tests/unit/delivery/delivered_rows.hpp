#pragma once

#include "base/result.hpp"
#include "lake/table.hpp"

#include <string>
#include <vector>

namespace tally::test {

// The record ids of all rows in the current snapshot, sorted, read from the data files themselves.
Result<std::vector<std::string>> delivered_record_ids(const lake::Table& table);

}  // namespace tally::test
