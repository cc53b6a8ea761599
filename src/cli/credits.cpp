#include "cli/group.hpp"

namespace tally::cli {
namespace {

struct GrantOptions {
    std::string customer;
    std::string amount;
    std::string currency;
    std::string description;
};

struct VoidOptions {
    std::string id;
    std::string reason;
};

void add_grant(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<GrantOptions>();
    CLI::App& grant = add_verb(noun, "grant", "grants credit; with the first the customer pays ahead");
    grant.add_option("--customer", options->customer, "id, external id or unique name")->required();
    grant.add_option("--amount", options->amount, "like 10.00")->required();
    grant.add_option("--currency", options->currency, "like EUR")->required();
    grant.add_option("--description", options->description, "for people");
    set_action(grant, context.action, [&session = context.session, options] {
        const auto body = body_of({{"customer_id", options->customer},
                                   {"amount", options->amount},
                                   {"currency", options->currency},
                                   {"description", options->description}});
        return session.show({"POST", "/v1/credits", {}, {}, body}, {});
    });
}

void add_credit_list(const CommandContext& context, CLI::App& noun) {
    auto customer = options_of<std::string>();
    CLI::App& list = add_verb(noun, "list", "all grants");
    list.add_option("--customer", *customer, "only this customer's");
    set_action(list, context.action, [&session = context.session, customer] {
        return session.show_list(
            {"GET", "/v1/credits", query_of({{"customer_id", *customer}})},
            {"data", {"id", "customer_id", "amount", "currency", "status", "created_at", "description"}});
    });
}

void add_balance(const CommandContext& context, CLI::App& noun) {
    auto customer = options_of<std::string>();
    CLI::App& balance = add_verb(noun, "balance", "what is spent and what is left");
    balance.add_option("--customer", *customer, "id, external id or unique name")->required();
    set_action(balance, context.action, [&session = context.session, customer] {
        return session.show({"GET", "/v1/credits/balance", query_of({{"customer_id", *customer}})}, {});
    });
}

void add_void(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<VoidOptions>();
    CLI::App& command = add_verb(noun, "void", "withdraws a grant; the customer stays prepaid");
    command.add_option("ID", options->id, "of the grant")->required();
    command.add_option("--reason", options->reason, "for the record")->required();
    set_action(command, context.action, [&session = context.session, options] {
        const auto body = body_of({{"reason", options->reason}});
        return session.show({"POST", path_of({"v1", "credits", options->id, "void"}), {}, {}, body}, {});
    });
}

void add_end(const CommandContext& context, CLI::App& noun) {
    auto customer = options_of<std::string>();
    CLI::App& end = add_verb(noun, "end", "makes a customer pay later again; what is left is not kept");
    end.add_option("--customer", *customer, "id, external id or unique name")->required();
    set_action(end, context.action, [&session = context.session, customer] {
        return session.show({"POST", "/v1/credits/end", {}, {}, body_of({{"customer_id", *customer}})}, {});
    });
}

}  // namespace

void add_credit_commands(const CommandContext& context) {
    CLI::App& noun = add_noun(context, "credits", "prepaid credit");
    add_grant(context, noun);
    add_credit_list(context, noun);
    add_balance(context, noun);
    add_void(context, noun);
    add_end(context, noun);
}

}  // namespace tally::cli
