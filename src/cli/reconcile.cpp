#include "cli/group.hpp"

namespace tally::cli {
namespace {

struct Options {
    std::string from;
    std::string to;
};

int reconcile(Session& session, const Options& options) {
    if (const auto flushed = session.ask({"POST", "/v1/flush"}); !flushed)
        return session.fail(flushed.error());
    const auto ledger =
        session.ask({"GET", "/v1/reconciliation", query_of({{"from", options.from}, {"to", options.to}})});
    if (!ledger)
        return session.fail(ledger.error());
    session.print(*ledger, {"sources",
                            {"source", "hour", "received", "delivered", "duplicate", "dropped", "rejected",
                             "quarantined", "lost", "gaps"}});
    const JsonValue* balanced = ledger->find("balanced");
    if (balanced != nullptr && balanced->as_bool() != nullptr && *balanced->as_bool()) {
        session.hint("balanced: everything received is accounted for");
        return kDone;
    }
    session.hint("NOT balanced: the ledger has " +
                 (ledger->find("delivered") ? ledger->find("delivered")->display() : "?") +
                 " delivered, the table " + (ledger->find("rows") ? ledger->find("rows")->display() : "?") +
                 " rows; hours with gaps are listed");
    return kDifference;
}

}  // namespace

void add_reconcile_command(const CommandContext& context) {
    auto options = options_of<Options>();
    CLI::App& command =
        add_verb(context.app, "reconcile",
                 "the conservation ledger: what came in and what became of it; exit code 4 for a gap");
    command.add_option("--from", options->from, "instant or date, included");
    command.add_option("--to", options->to, "instant or date, not included");
    set_action(command, context.action,
               [&session = context.session, options] { return reconcile(session, *options); });
}

}  // namespace tally::cli
