#include "app/config_keys.hpp"
#include "base/nearest_name.hpp"
#include "model/realtime_fields.hpp"

#include <algorithm>
#include <array>

namespace tally::app {
namespace {

Error bad(std::string message) {
    return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

Status set_access_logs(Config& config, const ConfigValue& value) {
    constexpr std::array<std::string_view, 3> kKinds = {"standard", "realtime", "apigateway"};
    const auto& kinds = std::get<std::vector<std::string>>(value);
    for (const std::string& kind : kinds)
        if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end())
            return bad("\"" + kind + "\" is none of \"standard\", \"realtime\", \"apigateway\"");
    config.edge.access_logs = kinds;
    return {};
}

Status set_interval(Config& config, const ConfigValue& value) {
    TRY_ASSIGN(const Microseconds given, parse_duration(std::get<std::string>(value)));
    if (given < std::chrono::milliseconds(100) || given > std::chrono::hours(1))
        return bad("\"" + std::get<std::string>(value) + "\" is out of range: 100ms to 1h");
    config.edge.access_log_interval = given;
    return {};
}

Status set_distribution_id(Config& config, const ConfigValue& value) {
    const std::string& given = std::get<std::string>(value);
    const auto allowed = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
    if (given.empty() || given.size() > 32 || !std::all_of(given.begin(), given.end(), allowed))
        return bad("\"" + given + "\" must be 1 to 32 capital letters and digits");
    config.edge.distribution_id = given;
    return {};
}

Status set_folder(Config& config, const ConfigValue& value) {
    const std::string& given = std::get<std::string>(value);
    if (given.empty())
        return bad("the path of a folder must not be empty");
    config.edge.access_log_folder = given;
    return {};
}

Status set_realtime_fields(Config& config, const ConfigValue& value) {
    const auto& names = std::get<std::vector<std::string>>(value);
    const std::vector<std::string> known(kRealtimeFields.begin(), kRealtimeFields.end());
    for (const std::string& name : names)
        if (!realtime_field(name)) {
            const std::string near(nearest_name(name, known));
            return bad("\"" + name + "\" is no field of CloudFront's real-time logs" +
                       (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
        }
    config.edge.realtime_fields = names;
    return {};
}

}  // namespace

std::vector<ConfigKey> access_log_keys() {
    return {
        {"edge", "access_logs", ConfigType::kTexts, "[]", "",
         "write access logs in the formats of other systems, beside the lake: any of \"standard\" "
         "(CloudFront's "
         "33-field files), \"realtime\" (CloudFront's real-time lines), \"apigateway\" (JSON lines)",
         set_access_logs},
        {"edge", "access_log_folder", ConfigType::kText, "\"access-logs\"", "",
         "where they go; a relative path is below the data folder", set_folder},
        {"edge", "access_log_interval", ConfigType::kText, "\"60s\"", "duration",
         "between two files of one hour", set_interval},
        {"edge", "distribution_id", ConfigType::kText, "\"ELOCAL\"", "",
         "begins the names of access log files, as a CloudFront distribution's id does", set_distribution_id},
        {"edge", "realtime_fields", ConfigType::kTexts, "[]", "",
         "fields of the real-time lines, written in CloudFront's order; none = the 44 of the published "
         "sample",
         set_realtime_fields},
    };
}

}  // namespace tally::app
