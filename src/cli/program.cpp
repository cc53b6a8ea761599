#include "cli/program.hpp"

#include "base/assert.hpp"
#include "cli/commands.hpp"

#include <ostream>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace tally::cli {
namespace {

void add_global_options(CLI::App& app, GlobalOptions& options, std::string& format) {
    app.add_option("--dir", options.dir, "the data folder")->capture_default_str();
    app.add_option("--server", options.server, "address of a server, instead of the one of the data folder");
    app.add_option("--format", format, "table, json, csv or ndjson")->capture_default_str();
}

void add_commands(const CommandContext& context) {
    add_lifecycle_commands(context);
    add_customer_commands(context);
    add_key_commands(context);
    add_usage_plan_commands(context);
    add_usage_command(context);
    add_query_command(context);
    add_meter_commands(context);
    add_plan_commands(context);
    add_subscription_commands(context);
    add_rating_commands(context);
    add_invoice_commands(context);
    add_credit_commands(context);
    add_reconcile_command(context);
    add_error_commands(context);
    add_lake_commands(context);
    add_edge_commands(context);
}

int wrong_use(std::ostream& err, const std::string& message) {
    err << "error: " << message
        << "\n  tallyman --help lists the commands; tallyman COMMAND --help its options\n";
    return kWrongUse;
}

// CLI11 says of a misspelt command only that one is missing.
std::string what_is_wrong(const CLI::App& app, const std::string& said) {
    const CLI::App* innermost = &app;
    while (!innermost->get_subcommands().empty())
        innermost = innermost->get_subcommands().front();
    const auto unknown = app.remaining(true);
    if (unknown.empty() || innermost->get_subcommands([](const CLI::App*) { return true; }).empty())
        return said;
    return "there is no command \"" + unknown.front() + "\"" +
           (innermost == &app ? std::string() : " for " + innermost->get_name());
}

}  // namespace

void set_action(CLI::App& command, Action& action, Action run) {
    command.callback([&action, run = std::move(run)] { action = run; });
}

int run_program(int argc, const char* const* argv, const Surroundings& surroundings) {
    TALLY_ASSERT(surroundings.lifecycle != nullptr && surroundings.out != nullptr,
                 "surroundings must be complete");
    std::ostream& err = *surroundings.err;
    CLI::App app(
        "Meters and bills an API: every request captured once, kept as Iceberg tables, priced exactly.",
        "tallyman");
    app.set_version_flag("--version", "tallyman " + surroundings.version);
    app.require_subcommand(1);
    app.fallthrough();

    Session session(surroundings.connect, *surroundings.in, *surroundings.out, err);
    Session pure(surroundings.connect_pure, *surroundings.in, *surroundings.out, err);
    std::string format = "table";
    add_global_options(app, session.options, format);
    Action action;
    add_commands({app, session, pure, *surroundings.lifecycle, action});

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        // Help and version are asked for; everything else is wrong use.
        if (e.get_exit_code() == 0)
            return app.exit(e, *surroundings.out, err);
        return wrong_use(err, what_is_wrong(app, e.what()));
    }
    const auto parsed = parse_output_format(format);
    if (!parsed)
        return wrong_use(err, "--format " + parsed.error().message);
    session.options.format = *parsed;
    pure.options = session.options;
    return action ? action() : wrong_use(err, "no command");
}

}  // namespace tally::cli
