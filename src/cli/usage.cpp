#include "cli/group.hpp"

namespace tally::cli {
namespace {

struct Options {
    std::string from, to, date, month, customer, key, meter, by, window;
};

}  // namespace

void add_usage_command(const CommandContext& context) {
    auto o = options_of<Options>();
    CLI::App& usage =
        add_verb(context.app, "usage", "who used how much; of the running month unless told otherwise");
    usage.add_option("--from", o->from, "instant or date, included");
    usage.add_option("--to", o->to, "instant or date, not included");
    usage.add_option("--date", o->date, "one day, 2026-10-01");
    usage.add_option("--month", o->month, "one month, 2026-10");
    usage.add_option("--customer", o->customer, "id, external id or unique name; its time zone counts");
    usage.add_option("--key", o->key, "id or unique name of a key");
    usage.add_option("--meter", o->meter, "quantities of this meter instead of the sums");
    usage.add_option("--by", o->by,
                     "dimensions, with commas: key, customer, path, status, country, method, "
                     "result_type, stage, plan, dimensions.<response header>; also hour, day or month");
    usage.add_option("--window", o->window, "hour, day or month");
    set_action(usage, context.action, [&session = context.session, o] {
        ClientRequest request{"GET", "/v1/usage",
                              query_of({{"from", o->from},
                                        {"to", o->to},
                                        {"date", o->date},
                                        {"month", o->month},
                                        {"customer", o->customer},
                                        {"key", o->key},
                                        {"meter", o->meter},
                                        {"by", o->by},
                                        {"window", o->window}})};
        return session.show(request, {"data", {}});
    });
}

}  // namespace tally::cli
