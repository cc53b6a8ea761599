#include "cli/group.hpp"

namespace tally::cli {

void add_error_commands(const CommandContext& context) {
    CLI::App& noun = add_noun(context, "errors", "what could not be delivered");
    add_list(context, noun, "/v1/errors", "newest first",
             {"id", "at", "source", "records", "position", "reason"});
    add_by_id(context, noun, "show", "GET", "errors", "", "one of them, with its bytes");
}

}  // namespace tally::cli
