#include "app/geography_files.hpp"

#include "app/log.hpp"
#include "edge/geo_database.hpp"

#include <string>
#include <utility>

namespace tally::app {

Result<std::unique_ptr<Geography>> open_geography(const DataFolder& folder, const Config& config) {
    const auto resolve = [&folder](const std::string& path) {
        return path.empty() ? Path() : folder.root() / path;
    };
    const edge::GeoFiles files{resolve(config.edge.geo_database), resolve(config.edge.asn_database)};
    if (files.country.empty() && files.asn.empty())
        return nullptr;
    auto opened = edge::GeoDatabase::open(
        files, [](const std::string& message) { log_line(LogLevel::kWarning, message); });
    if (!opened)
        return opened.error().within("[edge] geo_database, asn_database");
    return std::unique_ptr<Geography>(std::move(*opened));
}

}  // namespace tally::app
