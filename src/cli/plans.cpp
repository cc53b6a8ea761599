#include "cli/group.hpp"

namespace tally::cli {
namespace {

struct FileOptions {
    std::string file;
    bool draft = false;
};

struct DiffOptions {
    std::string before;
    std::string after;
};

ClientRequest plan_request(const std::string& path, const std::string& file, std::string text) {
    ClientRequest request{"POST", path, {}, {}, std::move(text)};
    if (file.ends_with(".toml"))
        request.content_type = "application/toml";
    return request;
}

void add_create(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<FileOptions>();
    CLI::App& create = add_verb(noun, "create", "keeps a plan as the next version of its code");
    create.add_option("FILE", options->file, "JSON, or TOML in a file named .toml; - reads the input")
        ->required();
    create.add_flag("--draft", options->draft, "do not publish it yet");
    set_action(create, context.action, [&session = context.session, options] {
        auto text = session.read_file(options->file);
        if (!text)
            return session.fail(text.error());
        ClientRequest request = plan_request("/v1/plans", options->file, std::move(*text));
        if (options->draft)
            request.query.emplace_back("draft", "true");
        return session.show(request, {});
    });
}

void add_validate(const CommandContext& context, CLI::App& noun) {
    auto file = options_of<std::string>();
    CLI::App& validate = add_verb(noun, "validate", "checks a plan without keeping it");
    validate.add_option("FILE", *file, "JSON, or TOML in a file named .toml; - reads the input")->required();
    set_action(validate, context.action, [&session = context.session, file] {
        auto text = session.read_file(*file);
        if (!text)
            return session.fail(text.error());
        return session.show(plan_request("/v1/plans/validate", *file, std::move(*text)), {});
    });
}

void add_diff(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<DiffOptions>();
    CLI::App& diff = add_verb(noun, "diff", "what differs between two plans or versions");
    diff.add_option("A", options->before, "id, code or code@version")->required();
    diff.add_option("B", options->after, "id, code or code@version")->required();
    set_action(diff, context.action, [&session = context.session, options] {
        return session.show(
            {"GET", "/v1/plans/diff", {{"before", options->before}, {"after", options->after}}},
            {"differences", {"pointer", "before", "after"}});
    });
}

}  // namespace

void add_plan_commands(const CommandContext& context) {
    CLI::App& noun = add_noun(context, "plans", "what things cost");
    add_create(context, noun);
    add_validate(context, noun);
    add_list(context, noun, "/v1/plans", "the newest version of each plan",
             {"id", "code", "version", "status", "name", "currency", "created_at"});
    add_by_id(context, noun, "show", "GET", "plans", "", "one plan: id, code or code@version");
    add_by_id(context, noun, "publish", "POST", "plans", "publish", "it takes subscriptions from now on");
    add_by_id(context, noun, "archive", "POST", "plans", "archive", "it takes no new subscriptions");
    add_diff(context, noun);
}

}  // namespace tally::cli
