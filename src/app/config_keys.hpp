#pragma once

#include "app/config.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// The table of all configuration keys: reading, checking and the generated file all come from it, so that
// they cannot disagree.
namespace tally::app {

using ConfigValue = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;

enum class ConfigType { kBool, kWhole, kText, kTexts, kTextOrTexts };

struct ConfigKey {
    std::string section;
    std::string name;
    ConfigType type;
    std::string default_toml;  // as it stands in the generated file
    std::string unit;          // empty = none
    std::string meaning;
    // Checks the value, which is of `type`, and puts it where it belongs.
    std::function<Status(Config&, const ConfigValue&)> apply;
};

const std::vector<ConfigKey>& config_keys();

// The part of config_keys() that is about [edge] access_logs.
std::vector<ConfigKey> access_log_keys();
// The part about what is recorded of answers and callers beyond the request.
std::vector<ConfigKey> metering_keys();
// The part about tokens of an issuer.
std::vector<ConfigKey> token_keys();

// The part about clients, upstreams and answers: TrafficConfig.
std::vector<ConfigKey> traffic_keys();

// Tables that may stand any number of times: [[section.name]]. `begin` makes a new entry, each key's apply
// works on the last one, and finish checks it. A key's default_toml is an example, not a default.
struct ConfigList {
    std::string section;
    std::string name;
    std::string meaning;
    std::vector<ConfigKey> keys;
    std::function<void(Config&)> begin;
    std::function<Status(Config&)> finish;
};

const std::vector<ConfigList>& config_lists();

// In the order of the file; some have no keys yet.
const std::vector<std::string>& config_sections();

}  // namespace tally::app
