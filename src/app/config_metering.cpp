#include "app/config_keys.hpp"
#include "model/dimensions.hpp"

#include <algorithm>

namespace tally::app {
namespace {

Error bad(std::string message) {
    return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

std::string lower(std::string text) {
    for (char& c : text)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
}

Status set_dimensions(Config& config, const ConfigValue& value) {
    std::vector<std::string> names = std::get<std::vector<std::string>>(value);
    if (names.size() > kDimensionsMax)
        return bad(std::to_string(names.size()) + " headers are too many; at most " +
                   std::to_string(kDimensionsMax) + " are recorded");
    for (std::string& name : names) {
        name = lower(std::move(name));
        if (!is_dimension_name(name))
            return bad("\"" + name +
                       "\" is not the name of a header: 1 to 64 letters, digits, '-' and '_', beginning with "
                       "a letter");
        if (std::count(names.begin(), names.end(), name) > 1)
            return bad("\"" + name + "\" stands twice");
    }
    config.edge.dimensions = std::move(names);
    return {};
}

Status set_hide(Config& config, const ConfigValue& value) {
    config.edge.dimensions_hide = std::get<bool>(value);
    return {};
}

}  // namespace

std::vector<ConfigKey> metering_keys() {
    return {
        {"edge", "dimensions", ConfigType::kTexts, "[]", "",
         "response headers of the API to record and meter by, such as \"x-tokens-used\"", set_dimensions},
        {"edge", "dimensions_hide", ConfigType::kBool, "false", "", "true: clients do not get those headers",
         set_hide},
        {"edge", "geo_database", ConfigType::kText, "\"\"", "",
         "MaxMind DB file of countries, such as GeoLite2-Country.mmdb; fills c_country",
         [](Config& config, const ConfigValue& value) -> Status {
             config.edge.geo_database = std::get<std::string>(value);
             return {};
         }},
        {"edge", "asn_database", ConfigType::kText, "\"\"", "",
         "MaxMind DB file of networks, such as GeoLite2-ASN.mmdb; fills asn",
         [](Config& config, const ConfigValue& value) -> Status {
             config.edge.asn_database = std::get<std::string>(value);
             return {};
         }},
    };
}

}  // namespace tally::app
