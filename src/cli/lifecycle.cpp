#include "cli/group.hpp"

namespace tally::cli {
namespace {

// Prints what a lifecycle step announces, as soon as it does.
Lifecycle::Announce printer(Session& session) {
    return [&session](const std::string& json) {
        if (const auto document = JsonValue::parse(json); document)
            session.print(*document, {});
    };
}

int finish(Session& session, const Status& status) {
    return status ? kDone : session.fail(status.error());
}

void add_init(const CommandContext& context) {
    auto dir = options_of<std::string>();
    CLI::App& init = add_verb(context.app, "init", "makes a data folder");
    init.add_option("DIR", *dir, "where; default --dir");
    set_action(init, context.action, [context, dir] {
        return finish(context.session,
                      context.lifecycle.init(dir->empty() ? context.session.options.dir : *dir,
                                             printer(context.session)));
    });
}

void add_up(const CommandContext& context) {
    auto detach = options_of<bool>(false);
    CLI::App& up = add_verb(context.app, "up", "starts nginx and the server");
    up.add_flag("--detach", *detach, "return when both answer; without it, run until interrupted");
    set_action(up, context.action, [context, detach] {
        return finish(context.session,
                      context.lifecycle.up(context.session.options.dir, *detach, printer(context.session)));
    });
}

// Of this machine's data folder even when nothing runs; of a named server through its API.
void add_status(const CommandContext& context) {
    set_action(add_verb(context.app, "status", "what runs, and where it answers"), context.action, [context] {
        Session& session = context.session;
        if (!session.options.server.empty())
            return session.show({"GET", "/v1/status"}, {});
        return finish(session, context.lifecycle.status(session.options.dir, printer(session)));
    });
}

void add_teardown(const CommandContext& context) {
    struct Options {
        bool confirm = false;
        bool dry_run = false;
    };

    auto options = options_of<Options>();
    CLI::App& teardown = add_verb(context.app, "teardown", "stops everything and removes the data folder");
    teardown.add_flag("--confirm", options->confirm, "do it");
    teardown.add_flag("--dry-run", options->dry_run, "only say what would be removed");
    set_action(teardown, context.action, [context, options] {
        if (!options->confirm && !options->dry_run) {
            context.session.hint(
                "error: this removes all data of the deployment; say --confirm to do it, or --dry-run "
                "to see what it would remove");
            return kWrongUse;
        }
        return finish(context.session,
                      context.lifecycle.teardown(context.session.options.dir, options->dry_run,
                                                 printer(context.session)));
    });
}

}  // namespace

void add_lifecycle_commands(const CommandContext& context) {
    using Step = Status (Lifecycle::*)(const std::string&, const Lifecycle::Announce&);
    const auto add_plain = [&context](const std::string& name, const std::string& help, Step step) {
        set_action(add_verb(context.app, name, help), context.action, [context, step] {
            return finish(context.session,
                          (context.lifecycle.*step)(context.session.options.dir, printer(context.session)));
        });
    };
    add_init(context);
    add_up(context);
    add_plain("down", "stops nginx and the server", &Lifecycle::down);
    add_status(context);
    add_plain("serve", "runs the server alone, in the foreground", &Lifecycle::serve);
    add_teardown(context);
}

}  // namespace tally::cli
