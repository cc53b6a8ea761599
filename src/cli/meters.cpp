#include "cli/group.hpp"

namespace tally::cli {

void add_meter_commands(const CommandContext& context) {
    CLI::App& noun = add_noun(context, "meters", "what is counted");
    auto file = options_of<std::string>();
    CLI::App& create = add_verb(noun, "create", "creates a meter, or its next version");
    create.add_option("FILE", *file, "the meter as JSON; - reads the input")->required();
    set_action(create, context.action, [&session = context.session, file] {
        auto text = session.read_file(*file);
        if (!text)
            return session.fail(text.error());
        return session.show({"POST", "/v1/meters", {}, {}, *text}, {});
    });
    add_list(context, noun, "/v1/meters", "all meters",
             {"id", "code", "version", "source", "aggregation", "value", "scale", "filter", "group_by"});
    add_by_id(context, noun, "show", "GET", "meters", "", "one meter");
    add_by_id(context, noun, "archive", "POST", "meters", "archive", "no new plan may name it from now on");
}

}  // namespace tally::cli
