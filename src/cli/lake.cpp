#include "cli/group.hpp"

namespace tally::cli {

void add_lake_commands(const CommandContext& context) {
    CLI::App& noun = add_noun(context, "lake", "the tables");
    set_action(add_verb(noun, "status", "the tables, and what is captured but not in them yet"),
               context.action, [&session = context.session] {
                   return session.show({"GET", "/v1/lake"}, {});
               });
    auto& snapshots = add_verb(noun, "snapshots", "the snapshots of the requests table, newest first");
    set_action(snapshots, context.action, [&session = context.session] {
        return session.show_list({"GET", "/v1/lake/snapshots"},
                                 {"data", {"snapshot_id", "parent_id", "sequence_number", "committed_at"}});
    });
}

}  // namespace tally::cli
