#pragma once

#include "base/json_writer.hpp"
#include "cli/commands.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/App.hpp>

// What the command files are written with; for them alone, because it shows CLI11.
namespace tally::cli {

// "customers": a noun that needs a verb.
inline CLI::App& add_noun(const CommandContext& context, const std::string& name, const std::string& help) {
    CLI::App* noun = context.app.add_subcommand(name, help);
    noun->require_subcommand(1);
    noun->fallthrough();
    return *noun;
}

inline CLI::App& add_verb(CLI::App& noun, const std::string& name, const std::string& help) {
    CLI::App* verb = noun.add_subcommand(name, help);
    verb->fallthrough();
    return *verb;
}

// The options of one command: shared by its parser, which fills them, and its action, which reads them later.
template <class Options, class... Start>
std::shared_ptr<Options> options_of(Start&&... start) {
    return std::make_shared<Options>(std::forward<Start>(start)...);
}

// A JSON body of the members that are not empty.
inline std::string body_of(const std::vector<std::pair<std::string, std::string>>& members) {
    JsonWriter json;
    json.begin_object();
    for (const auto& [name, value] : members)
        if (!value.empty())
            json.field(name, value);
    json.end_object();
    return json.take();
}

// The query parameters that are not empty.
inline std::vector<std::pair<std::string, std::string>> query_of(
    std::vector<std::pair<std::string, std::string>> parameters) {
    std::erase_if(parameters, [](const auto& parameter) { return parameter.second.empty(); });
    return parameters;
}

// noun list
inline void add_list(const CommandContext& context, CLI::App& noun, const std::string& path,
                     const std::string& help, std::vector<std::string> columns) {
    set_action(add_verb(noun, "list", help), context.action,
               [&session = context.session, path, view = View{"data", std::move(columns)}] {
                   return session.show_list({"GET", path}, view);
               });
}

// noun verb ID: one resource, or what became of it.
inline void add_by_id(const CommandContext& context, CLI::App& noun, const std::string& verb,
                      const std::string& method, const std::string& collection, const std::string& action,
                      const std::string& help) {
    auto id = options_of<std::string>();
    CLI::App& command = add_verb(noun, verb, help);
    command.add_option("ID", *id, "id, or external id, code or unique name")->required();
    set_action(command, context.action, [&session = context.session, id, method, collection, action] {
        std::vector<std::string> parts{"v1", collection, *id};
        if (!action.empty())
            parts.push_back(action);
        return session.show({method, path_of(parts)}, {});
    });
}

}  // namespace tally::cli
