#include "cli/group.hpp"

namespace tally::cli {
namespace {

struct Options {
    std::string id;
    std::string name;
    std::string external_id;
    std::string timezone;
};

void add_create(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<Options>();
    CLI::App& create = add_verb(noun, "create", "creates a customer");
    create.add_option("NAME", options->name, "for people")->required();
    create.add_option("--external-id", options->external_id, "your own name for the customer, unique");
    create.add_option("--timezone", options->timezone, "IANA name, like Europe/Berlin; default UTC");
    set_action(create, context.action, [&session = context.session, options] {
        const auto body = body_of({{"name", options->name},
                                   {"external_id", options->external_id},
                                   {"timezone", options->timezone}});
        return session.show({"POST", "/v1/customers", {}, {}, body}, {});
    });
}

void add_update(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<Options>();
    CLI::App& update = add_verb(noun, "update", "changes what is given");
    update.add_option("ID", options->id, "id, external id or unique name")->required();
    update.add_option("--name", options->name, "the new name");
    update.add_option("--external-id", options->external_id, "the new external id");
    update.add_option("--timezone", options->timezone, "the new time zone, for periods not invoiced yet");
    set_action(update, context.action, [&session = context.session, options] {
        const auto body = body_of({{"name", options->name},
                                   {"external_id", options->external_id},
                                   {"timezone", options->timezone}});
        return session.show({"PATCH", path_of({"v1", "customers", options->id}), {}, {}, body}, {});
    });
}

}  // namespace

void add_customer_commands(const CommandContext& context) {
    CLI::App& noun = add_noun(context, "customers", "who is billed");
    add_create(context, noun);
    add_list(context, noun, "/v1/customers", "all customers",
             {"id", "name", "external_id", "timezone", "created_at"});
    add_by_id(context, noun, "show", "GET", "customers", "", "one customer");
    add_update(context, noun);
}

}  // namespace tally::cli
