#include "cli/group.hpp"

namespace tally::cli {
namespace {

struct Options {
    std::string sql;
    std::string as_of;
    std::string snapshot;
};

}  // namespace

void add_query_command(const CommandContext& context) {
    auto options = options_of<Options>();
    CLI::App& query = add_verb(context.app, "query", "SQL over the lake and what is not yet in it");
    query.add_option("SQL", options->sql, "one SELECT; - reads it from the input")->required();
    auto* as_of = query.add_option("--as-of", options->as_of, "the table as it was then (RFC 3339)");
    query.add_option("--snapshot", options->snapshot, "the table at this snapshot")->excludes(as_of);
    set_action(query, context.action, [&session = context.session, options] {
        if (options->sql == "-") {
            auto sql = session.read_file("-");
            if (!sql)
                return session.fail(sql.error());
            options->sql = *sql;
        }
        const auto body =
            body_of({{"sql", options->sql}, {"as_of", options->as_of}, {"snapshot", options->snapshot}});
        return session.show({"POST", "/v1/query", {}, {}, body}, {});
    });
}

}  // namespace tally::cli
