#include "cli/group.hpp"

namespace tally::cli {
namespace {

struct CreateOptions {
    std::string customer;
    std::string plan;
    std::string from;
    std::string to;
};

struct CancelOptions {
    std::string id;
    std::string at;
};

void add_create(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<CreateOptions>();
    CLI::App& create = add_verb(noun, "create", "subscribes a customer to a plan");
    create.add_option("--customer", options->customer, "id, external id or unique name")->required();
    create.add_option("--plan", options->plan, "id, code or code@version")->required();
    create.add_option("--from", options->from, "instant, or date in the customer's zone; default now");
    create.add_option("--to", options->to, "the same; default without end");
    set_action(create, context.action, [&session = context.session, options] {
        const auto body = body_of({{"customer", options->customer},
                                   {"plan", options->plan},
                                   {"from", options->from},
                                   {"to", options->to}});
        return session.show({"POST", "/v1/subscriptions", {}, {}, body}, {});
    });
}

void add_subscription_list(const CommandContext& context, CLI::App& noun) {
    auto customer = options_of<std::string>();
    CLI::App& list = add_verb(noun, "list", "all subscriptions");
    list.add_option("--customer", *customer, "only this customer's");
    set_action(list, context.action, [&session = context.session, customer] {
        return session.show_list({"GET", "/v1/subscriptions", query_of({{"customer", *customer}})},
                                 {"data", {"id", "customer_id", "plan", "version", "from", "to", "status"}});
    });
}

void add_cancel(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<CancelOptions>();
    CLI::App& cancel = add_verb(noun, "cancel", "ends a subscription");
    cancel.add_option("ID", options->id, "of the subscription")->required();
    cancel.add_option("--at", options->at, "instant, or date in the customer's zone; default now");
    set_action(cancel, context.action, [&session = context.session, options] {
        const auto body = body_of({{"at", options->at}});
        return session.show({"POST", path_of({"v1", "subscriptions", options->id, "cancel"}), {}, {}, body},
                            {});
    });
}

}  // namespace

void add_subscription_commands(const CommandContext& context) {
    CLI::App& noun = add_noun(context, "subscriptions", "who pays by which plan");
    add_create(context, noun);
    add_subscription_list(context, noun);
    add_by_id(context, noun, "show", "GET", "subscriptions", "", "one subscription");
    add_cancel(context, noun);
}

}  // namespace tally::cli
