#include "app/config.hpp"

#include "app/config_keys.hpp"
#include "base/nearest_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <arpa/inet.h>
#include <toml++/toml.h>

namespace tally::app {
namespace {

Error bad(std::string message) {
    return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

std::string place_of(const toml::source_region& source) {
    return std::to_string(source.begin.line) + ":" + std::to_string(source.begin.column);
}

Error bad_at(std::string_view file, const toml::source_region& source, const std::string& message) {
    const std::string place = place_of(source);
    return Error{ErrorCode::kInvalidArgument, std::string(file) + ":" + place + " " + message, place};
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
    const std::string nearest(nearest_name(name, candidates));
    return nearest.empty() ? std::string() : "; did you mean \"" + nearest + "\"?";
}

std::vector<std::string> names_in(const std::vector<ConfigKey>& keys, std::string_view section) {
    std::vector<std::string> names;
    for (const ConfigKey& key : keys)
        if (key.section == section)
            names.push_back(key.name);
    for (const ConfigList& list : config_lists())
        if (list.section == section)
            names.push_back(list.name);
    return names;
}

std::string_view type_name(ConfigType type) {
    switch (type) {
        case ConfigType::kBool: return "true or false";
        case ConfigType::kWhole: return "a whole number";
        case ConfigType::kText: return "a string in quotes";
        case ConfigType::kTexts: return "a list of strings";
        case ConfigType::kTextOrTexts: return "a string in quotes or a list of strings";
    }
    return "";
}

std::optional<ConfigValue> texts_of(const toml::node& node) {
    const toml::array* array = node.as_array();
    if (array == nullptr)
        return std::nullopt;
    std::vector<std::string> texts;
    for (const toml::node& item : *array) {
        if (!item.is_string())
            return std::nullopt;
        texts.push_back(item.as_string()->get());
    }
    return ConfigValue(std::move(texts));
}

// nullopt when the node is of another type.
std::optional<ConfigValue> value_of(const toml::node& node, ConfigType type) {
    switch (type) {
        case ConfigType::kBool:
            return node.is_boolean() ? std::optional<ConfigValue>(node.as_boolean()->get()) : std::nullopt;
        case ConfigType::kWhole:
            return node.is_integer() ? std::optional<ConfigValue>(node.as_integer()->get()) : std::nullopt;
        case ConfigType::kText:
            return node.is_string() ? std::optional<ConfigValue>(node.as_string()->get()) : std::nullopt;
        case ConfigType::kTexts: return texts_of(node);
        case ConfigType::kTextOrTexts:
            return value_of(node, node.is_string() ? ConfigType::kText : ConfigType::kTexts);
    }
    return std::nullopt;
}

Status apply_key(Config& config, std::string_view file, const std::vector<ConfigKey>& keys,
                 const std::string& section, const toml::key& name, const toml::node& node) {
    for (const ConfigKey& key : keys) {
        if (key.section != section || key.name != name.str())
            continue;
        const auto value = value_of(node, key.type);
        const std::string full = section + "." + key.name;
        if (!value)
            return bad_at(
                file, node.source(),
                full + " must be " + std::string(type_name(key.type)) + ", for example " + key.default_toml);
        if (auto status = key.apply(config, *value); !status)
            return bad_at(file, node.source(), full + ": " + status.error().message);
        return {};
    }
    return bad_at(file, name.source(),
                  "unknown key \"" + std::string(name.str()) + "\" in [" + section + "]" +
                      did_you_mean(name.str(), names_in(keys, section)));
}

// In the order of the file, so that the first mistake is the one that is told.
std::vector<std::pair<toml::key, const toml::node*>> in_order(const toml::table& table) {
    std::vector<std::pair<toml::key, const toml::node*>> members;
    for (const auto& [key, value] : table)
        members.emplace_back(key, &value);
    std::sort(members.begin(), members.end(),
              [](const auto& a, const auto& b) { return a.first.source().begin < b.first.source().begin; });
    return members;
}

// Each table of [[section.name]].
Status apply_list(Config& config, std::string_view file, const ConfigList& list, const toml::node& node) {
    const std::string full = list.section + "." + list.name;
    if (!node.is_array_of_tables())
        return bad_at(file, node.source(), "each " + list.name + " is a table of its own: [[" + full + "]]");
    for (const toml::node& item : *node.as_array()) {
        list.begin(config);
        for (const auto& [key, value] : in_order(*item.as_table()))
            TRY(apply_key(config, file, list.keys, full, key, *value));
        if (auto status = list.finish(config); !status)
            return bad_at(file, item.source(), status.error().message);
    }
    return {};
}

const ConfigList* find_list(std::string_view section, std::string_view name) {
    for (const ConfigList& list : config_lists())
        if (list.section == section && list.name == name)
            return &list;
    return nullptr;
}

Status apply_section(Config& config, std::string_view file, const toml::key& name, const toml::node& node) {
    const std::string section(name.str());
    const auto& known = config_sections();
    if (std::find(known.begin(), known.end(), section) == known.end())
        return bad_at(file, name.source(),
                      (node.is_table() ? "unknown section [" + section + "]"
                                       : "unknown key \"" + section + "\" outside of a section") +
                          did_you_mean(section, known));
    const toml::table* table = node.as_table();
    if (table == nullptr)
        return bad_at(file, node.source(), "\"" + section + "\" must be a section: [" + section + "]");
    for (const auto& [key, value] : in_order(*table)) {
        if (const ConfigList* list = find_list(section, key.str()))
            TRY(apply_list(config, file, *list, *value));
        else
            TRY(apply_key(config, file, config_keys(), section, key, *value));
    }
    return {};
}

// Number and unit of "250ms".
Result<std::pair<std::uint64_t, std::string>> split_unit(std::string_view text, std::string_view form) {
    std::uint64_t number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string unit(end.ptr, text.data() + text.size());
    if (end.ec != std::errc() || end.ptr == text.data() || number > 1'000'000'000'000ULL)
        return bad("\"" + std::string(text) + "\" is not like " + std::string(form));
    return std::pair{number, unit};
}

// A list has no default, so an example stands in comments.
std::string list_text(const ConfigList& list) {
    std::string out = "\n# [[" + list.section + "." + list.name + "]]: " + list.meaning + ", for example:\n";
    for (const ConfigKey& key : list.keys)
        out += "#   " + key.name + " = " + key.default_toml + "  # " + key.meaning +
               (key.unit.empty() ? "" : " (" + key.unit + ")") + "\n";
    return out;
}

Result<toml::table> parse_toml(std::string_view text, std::string_view file_name) {
    try {
        return toml::parse(text, file_name);
    } catch (const toml::parse_error& error) {
        return bad_at(file_name, error.source(), std::string(error.description()));
    }
}

}  // namespace

std::string ListenAddress::text() const {
    const bool v6 = address.find(':') != std::string::npos;
    return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    ListenAddress out;
    const std::string_view port =
        colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    const auto end = std::from_chars(port.data(), port.data() + port.size(), out.port);
    std::string_view host = text.substr(0, colon == std::string_view::npos ? 0 : colon);
    const bool v6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
    out.address = v6 ? host.substr(1, host.size() - 2) : host;
    std::array<unsigned char, 16> binary{};
    const bool address_ok = ::inet_pton(v6 ? AF_INET6 : AF_INET, out.address.c_str(), binary.data()) == 1;
    if (port.empty() || end.ec != std::errc() || end.ptr != port.data() + port.size() || !address_ok)
        return bad("\"" + std::string(text) + "\" is not an IP address with a port, like \"127.0.0.1:8080\"");
    return out;
}

bool ListenAddress::is_loopback() const {
    return address.starts_with("127.") || address == "::1";
}

Result<Microseconds> parse_duration(std::string_view text) {
    TRY_ASSIGN(const auto parts, split_unit(text, "\"250ms\", \"15s\", \"5m\" or \"1h\""));
    const auto number = static_cast<std::int64_t>(parts.first);
    if (parts.second == "ms")
        return std::chrono::milliseconds(number);
    if (parts.second == "s" && number <= 100'000'000)
        return std::chrono::seconds(number);
    if (parts.second == "m" && number <= 1'000'000)
        return std::chrono::minutes(number);
    if (parts.second == "h" && number <= 100'000)
        return std::chrono::hours(number);
    return bad("\"" + std::string(text) +
               "\" is not a duration: a number with ms, s, m or h, like \"250ms\"");
}

Result<std::uint64_t> parse_size(std::string_view text) {
    TRY_ASSIGN(const auto parts, split_unit(text, "\"128MiB\""));
    constexpr std::array<std::pair<std::string_view, unsigned>, 5> kUnits = {
        {{"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}}};
    for (const auto& [name, shift] : kUnits)
        if (parts.second == name && parts.first <= (1ULL << 50U) >> shift)
            return parts.first << shift;
    return bad("\"" + std::string(text) +
               "\" is not a size: a number with B, KiB, MiB, GiB or TiB, like \"128MiB\"");
}

Result<Config> parse_config(std::string_view text, std::string_view file_name) {
    TRY_ASSIGN(const toml::table parsed, parse_toml(text, file_name));
    Config config;
    for (const auto& [key, value] : in_order(parsed))
        TRY(apply_section(config, file_name, key, *value));
    return config;
}

std::string generated_config() {
    std::string out =
        "# Tallyman's configuration. Every key stands here with its default; a key that is left out has it "
        "too.\n"
        "# Durations are like \"250ms\", \"15s\", \"5m\"; sizes like \"128MiB\". No secret belongs in this "
        "file.\n"
        "# nginx takes up a change of [edge] and [capture] at the next `tallyman up`, the server the rest at "
        "its start.\n";
    for (const std::string& section : config_sections()) {
        out += "\n[" + section + "]\n";
        bool any = false;
        for (const ConfigKey& key : config_keys()) {
            if (key.section != section)
                continue;
            out += "# " + key.meaning + (key.unit.empty() ? "" : " (" + key.unit + ")") + "\n";
            out += key.name + " = " + key.default_toml + "\n";
            any = true;
        }
        for (const ConfigList& list : config_lists())
            if (list.section == section)
                out += list_text(list);
        if (!any)
            out += "# nothing to set in this version\n";
    }
    return out;
}

}  // namespace tally::app
