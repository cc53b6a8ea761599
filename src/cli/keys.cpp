#include "cli/group.hpp"

#include <optional>

namespace tally::cli {
namespace {

struct CreateOptions {
    std::string customer;
    std::string name;
    std::string usage_plan;
    std::string expires_at;
    std::string value;
    std::string principal;
    bool yes_import = false;
};

struct UpdateOptions {
    std::string id;
    std::optional<std::string> name;
    std::string usage_plan;
    bool no_usage_plan = false;
};

struct RotateOptions {
    std::string id;
    std::string overlap;
};

std::string create_body(const CreateOptions& options) {
    JsonWriter json;
    json.begin_object().field("customer", options.customer);
    for (const auto& [name, value] :
         {std::pair{"name", options.name}, std::pair{"usage_plan", options.usage_plan},
          std::pair{"expires_at", options.expires_at}, std::pair{"value", options.value},
          std::pair{"principal", options.principal}})
        if (!value.empty())
            json.field(name, value);
    if (options.yes_import)
        json.field("import", true);
    json.end_object();
    return json.take();
}

void add_create(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<CreateOptions>();
    CLI::App& create = add_verb(noun, "create", "creates a key and prints it, this once");
    create.add_option("--customer", options->customer, "id, external id or unique name")->required();
    create.add_option("--name", options->name, "for people");
    create.add_option("--usage-plan", options->usage_plan, "id or name");
    create.add_option("--expires-at", options->expires_at, "RFC 3339; default never");
    CLI::Option* value_option = create.add_option("--value", options->value,
                                                  "takes over this existing key; - reads it from the input");
    create
        .add_option("--principal", options->principal,
                    "no key: callers whose tokens name this principal ([edge] jwt_issuer)")
        ->excludes(value_option);
    create.add_flag("--yes-import", options->yes_import,
                    "you know that the key's value was in a command line");
    set_action(create, context.action, [&session = context.session, options] {
        if (options->value == "-") {
            auto value = session.read_file("-");
            if (!value)
                return session.fail(value.error());
            value->erase(value->find_last_not_of("\r\n") + 1);
            options->value = *value;
        }
        const int code = session.show({"POST", "/v1/keys", {}, {}, create_body(*options)}, {});
        if (code == kDone && options->value.empty() && options->principal.empty())
            session.hint("The key is shown this once. Keep it now: it cannot be shown again.");
        return code;
    });
}

std::string update_body(const UpdateOptions& options) {
    JsonWriter json;
    json.begin_object();
    if (options.name)
        json.field("name", *options.name);
    if (options.no_usage_plan)
        json.key("usage_plan").null();
    else if (!options.usage_plan.empty())
        json.field("usage_plan", options.usage_plan);
    json.end_object();
    return json.take();
}

void add_update(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<UpdateOptions>();
    CLI::App& update = add_verb(noun, "update", "changes what is given");
    update.add_option("ID", options->id, "id or unique name")->required();
    update.add_option("--name", options->name, "the new name");
    CLI::Option* plan =
        update.add_option("--usage-plan", options->usage_plan, "id or name; the key's quota there is unused");
    update.add_flag("--no-usage-plan", options->no_usage_plan, "takes it from its plan")->excludes(plan);
    set_action(update, context.action, [&session = context.session, options] {
        return session.show({"PATCH", path_of({"v1", "keys", options->id}), {}, {}, update_body(*options)},
                            {});
    });
}

void add_rotate(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<RotateOptions>();
    CLI::App& rotate =
        add_verb(noun, "rotate", "makes a new key for the same customer and prints it, this once");
    rotate.add_option("ID", options->id, "id or unique name")->required();
    rotate
        .add_option("--overlap-seconds", options->overlap,
                    "the old key ends after this time; default: when it is revoked")
        ->check(CLI::NonNegativeNumber);
    set_action(rotate, context.action, [&session = context.session, options] {
        const std::string body =
            options->overlap.empty() ? std::string() : R"({"overlap_seconds":)" + options->overlap + "}";
        const int code =
            session.show({"POST", path_of({"v1", "keys", options->id, "rotate"}), {}, {}, body}, {});
        if (code == kDone)
            session.hint("The key is shown this once. Keep it now: it cannot be shown again.");
        return code;
    });
}

void add_key_list(const CommandContext& context, CLI::App& noun) {
    auto customer = options_of<std::string>();
    CLI::App& list = add_verb(noun, "list", "all keys; never their values");
    list.add_option("--customer", *customer, "only this customer's");
    set_action(list, context.action, [&session = context.session, customer] {
        return session.show_list(
            {"GET", "/v1/keys", query_of({{"customer", *customer}})},
            {"data", {"id", "name", "customer_id", "display", "usage_plan", "status", "created_at"}});
    });
}

}  // namespace

void add_key_commands(const CommandContext& context) {
    CLI::App& noun = add_noun(context, "keys", "API keys");
    add_create(context, noun);
    add_key_list(context, noun);
    add_by_id(context, noun, "show", "GET", "keys", "",
              "one key, and what it has used of its quota; never its value");
    add_update(context, noun);
    add_by_id(context, noun, "revoke", "POST", "keys", "revoke", "the edge refuses the key from now on");
    add_rotate(context, noun);
    add_by_id(context, noun, "delete", "DELETE", "keys", "",
              "revokes the key for good; its record stays, because usage and invoices name it");
}

}  // namespace tally::cli
