#pragma once

#include "cli/program.hpp"
#include "cli/session.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

// One file of its name for each group of commands.
namespace tally::cli {

// What the chosen command does once the whole line is known to be right; its exit code.
using Action = std::function<int()>;

struct CommandContext {
    CLI::App& app;
    Session& session;
    Session& pure;  // asks the pure routes
    Lifecycle& lifecycle;
    Action& action;
};

// A command without subcommands: its action is `run`.
void set_action(CLI::App& command, Action& action, Action run);

void add_lifecycle_commands(const CommandContext& context);
void add_customer_commands(const CommandContext& context);
void add_key_commands(const CommandContext& context);
void add_usage_plan_commands(const CommandContext& context);
void add_usage_command(const CommandContext& context);
void add_query_command(const CommandContext& context);
void add_meter_commands(const CommandContext& context);
void add_plan_commands(const CommandContext& context);
void add_subscription_commands(const CommandContext& context);
void add_rating_commands(const CommandContext& context);
void add_invoice_commands(const CommandContext& context);
void add_credit_commands(const CommandContext& context);
void add_reconcile_command(const CommandContext& context);
void add_error_commands(const CommandContext& context);
void add_lake_commands(const CommandContext& context);
void add_edge_commands(const CommandContext& context);

}  // namespace tally::cli
