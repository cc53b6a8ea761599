#include "base/json_value.hpp"
#include "cli/group.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tally::cli {
namespace {

struct Options {
    std::string id;  // of the plan that is changed
    std::string name;
    std::string description;
    std::string rate;
    std::string burst;
    bool no_throttle = false;
    std::string quota;
    std::string period;
    std::string offset;
    bool no_quota = false;
    std::vector<std::string> methods;
    bool no_methods = false;
};

constexpr const char* kMethodForm = "METHOD PATH=RATE:BURST, e.g. \"GET /v1/a*=5:10\"";

bool is_number(const std::string& text) {
    const auto value = JsonValue::parse(text);
    return value && !value->number_text().empty();
}

// Empty when it is one, as CLI11 wants it.
std::string check_number(const std::string& text) {
    return is_number(text) ? std::string() : "\"" + text + "\" is no number";
}

struct MethodOption {
    std::string method;
    std::string path;
    std::string rate;
    std::string burst;
};

// nullopt when the text is none. A path may hold "=" and ":", so they are looked for from the end.
std::optional<MethodOption> parse_method(const std::string& text) {
    const std::size_t blank = text.find(' ');
    const std::size_t equals = text.rfind('=');
    const std::size_t colon = text.rfind(':');
    if (blank == std::string::npos || equals == std::string::npos || colon == std::string::npos ||
        blank > equals || equals > colon)
        return std::nullopt;
    MethodOption out{text.substr(0, blank), text.substr(blank + 1, equals - blank - 1),
                     text.substr(equals + 1, colon - equals - 1), text.substr(colon + 1)};
    return is_number(out.rate) && is_number(out.burst) ? std::optional(std::move(out)) : std::nullopt;
}

std::string check_method(const std::string& text) {
    return parse_method(text) ? std::string() : "\"" + text + "\" is not " + kMethodForm;
}

void add_limit_options(CLI::App& verb, Options& options) {
    verb.add_option("--rate", options.rate, "requests a second, at most three decimals")->check(check_number);
    verb.add_option("--burst", options.burst, "requests at once")->check(check_number);
    verb.add_option("--quota", options.quota, "requests a period")->check(check_number);
    verb.add_option("--period", options.period, "day, week or month (UTC)");
    verb.add_option("--offset", options.offset, "taken off the quota in a key's first period")
        ->check(check_number);
    verb.add_option("--method-throttle", options.methods,
                    std::string("a throttle of its own: ") + kMethodForm + "; may be given several times")
        ->check(check_method)
        ->allow_extra_args(false);
}

// An object of the numbers that are given; nothing when none is.
void write_numbers(JsonWriter& json, const std::vector<std::pair<std::string, std::string>>& numbers) {
    for (const auto& [name, number] : numbers)
        if (!number.empty())
            json.key(name).raw(number);
}

void write_throttle(JsonWriter& json, const Options& options) {
    if (options.no_throttle)
        json.key("throttle").null();
    if (options.no_throttle || (options.rate.empty() && options.burst.empty()))
        return;
    json.key("throttle").begin_object();
    write_numbers(json, {{"rate_limit", options.rate}, {"burst_limit", options.burst}});
    json.end_object();
}

void write_quota(JsonWriter& json, const Options& options) {
    if (options.no_quota)
        json.key("quota").null();
    if (options.no_quota || (options.quota.empty() && options.period.empty() && options.offset.empty()))
        return;
    json.key("quota").begin_object();
    write_numbers(json, {{"limit", options.quota}, {"offset", options.offset}});
    if (!options.period.empty())
        json.field("period", options.period);
    json.end_object();
}

void write_methods(JsonWriter& json, const Options& options) {
    if (!options.no_methods && options.methods.empty())
        return;
    json.key("method_throttles").begin_array();
    for (const std::string& text : options.methods) {
        const auto method = parse_method(text);
        if (!method)
            continue;  // the parser has seen to it
        json.begin_object().field("method", method->method).field("path", method->path);
        write_numbers(json, {{"rate_limit", method->rate}, {"burst_limit", method->burst}});
        json.end_object();
    }
    json.end_array();
}

std::string body_of(const Options& options) {
    JsonWriter json;
    json.begin_object();
    if (!options.name.empty())
        json.field("name", options.name);
    if (!options.description.empty())
        json.field("description", options.description);
    write_throttle(json, options);
    write_quota(json, options);
    write_methods(json, options);
    json.end_object();
    return json.take();
}

void add_create(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<Options>();
    CLI::App& create = add_verb(noun, "create", "creates a usage plan");
    create.add_option("NAME", options->name, "unique")->required();
    create.add_option("--description", options->description, "for people");
    add_limit_options(create, *options);
    set_action(create, context.action, [&session = context.session, options] {
        if (!options->quota.empty() && options->period.empty())
            options->period = "MONTH";
        return session.show({"POST", "/v1/usage-plans", {}, {}, body_of(*options)}, {});
    });
}

void add_update(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<Options>();
    CLI::App& update = add_verb(
        noun, "update", "changes what is given; the edge obeys at its next request, without a reload");
    update.add_option("ID", options->id, "id or name")->required();
    update.add_option("--name", options->name, "the new name");
    update.add_option("--description", options->description, "for people");
    add_limit_options(update, *options);
    const auto add_removal = [&update](const char* flag, bool& option, std::vector<const char*> against) {
        CLI::Option* removal = update.add_flag(flag, option, "removes it");
        for (const char* other : against)
            removal->excludes(update.get_option(other));
    };
    add_removal("--no-throttle", options->no_throttle, {"--rate", "--burst"});
    add_removal("--no-quota", options->no_quota, {"--quota", "--period", "--offset"});
    add_removal("--no-method-throttles", options->no_methods, {"--method-throttle"});
    set_action(update, context.action, [&session = context.session, options] {
        const std::string path = path_of({"v1", "usage-plans", options->id});
        return session.show({"PATCH", path, {}, {}, body_of(*options)}, {});
    });
}

void add_usage(const CommandContext& context, CLI::App& noun) {
    auto id = options_of<std::string>();
    CLI::App& usage = add_verb(noun, "usage", "what each key of a plan has used of its quota");
    usage.add_option("ID", *id, "id or name")->required();
    set_action(usage, context.action, [&session = context.session, id] {
        return session.show_list({"GET", path_of({"v1", "usage-plans", *id, "usage"})},
                                 {"data",
                                  {"key_id", "name", "customer_id", "status", "quota.used", "quota.remaining",
                                   "quota.limit", "quota.period", "quota.resets_at"}});
    });
}

}  // namespace

void add_usage_plan_commands(const CommandContext& context) {
    CLI::App& noun = add_noun(context, "usage-plans", "what keys may do: rate, burst, quota");
    add_create(context, noun);
    add_list(context, noun, "/v1/usage-plans", "all usage plans",
             {"id", "name", "throttle.rate_limit", "throttle.burst_limit", "quota.limit", "quota.period",
              "quota.offset", "description"});
    add_by_id(context, noun, "show", "GET", "usage-plans", "", "one usage plan");
    add_update(context, noun);
    add_usage(context, noun);
    add_by_id(context, noun, "delete", "DELETE", "usage-plans", "",
              "removes a usage plan that no active key is under");
}

}  // namespace tally::cli
