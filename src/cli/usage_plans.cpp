#include "cli/group.hpp"

namespace tally::cli {
namespace {

struct Options {
    std::string name;
    std::string description;
};

}  // namespace

void add_usage_plan_commands(const CommandContext& context) {
    CLI::App& noun = add_noun(context, "usage-plans", "named classes of keys");
    auto options = options_of<Options>();
    CLI::App& create = add_verb(noun, "create", "creates a usage plan");
    create.add_option("NAME", options->name, "unique")->required();
    create.add_option("--description", options->description, "for people");
    set_action(create, context.action, [&session = context.session, options] {
        const auto body = body_of({{"name", options->name}, {"description", options->description}});
        return session.show({"POST", "/v1/usage-plans", {}, {}, body}, {});
    });
    add_list(context, noun, "/v1/usage-plans", "all usage plans",
             {"id", "name", "description", "created_at"});
    add_by_id(context, noun, "show", "GET", "usage-plans", "", "one usage plan");
}

}  // namespace tally::cli
