#pragma once

#include "app/config.hpp"
#include "app/data_folder.hpp"
#include "model/geography.hpp"

#include <memory>

namespace tally::app {

// [edge] geo_database and asn_database, opened; relative paths are below the data folder. nullptr where none
// is configured. What happens to the files later is logged.
Result<std::unique_ptr<Geography>> open_geography(const DataFolder& folder, const Config& config);

}  // namespace tally::app
