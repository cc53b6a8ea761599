#include "cli/group.hpp"

namespace tally::cli {
namespace {

int run_lines(Session& session, const std::string& path, const std::string& file) {
    auto text = session.read_file(file);
    if (!text)
        return session.fail(text.error());
    ClientRequest request{"POST", path, {}, {}, std::move(*text)};
    request.content_type = "application/x-ndjson";
    const auto response = session.fetch(request);
    if (!response)
        return session.fail(response.error());
    session.print_text(response->body);
    const std::string_view failed = response->header("tallyman-failed-lines");
    if (failed == "0")
        return kDone;
    session.hint("error: " + std::string(failed) +
                 " lines could not be answered; each says why in its place");
    return kFailed;
}

void add_line_command(const CommandContext& context, const std::string& name, const std::string& path,
                      const std::string& help) {
    auto file = options_of<std::string>("-");
    CLI::App& command =
        add_verb(context.app, name, help + "; JSON lines in, JSON lines out, no data folder needed");
    command.add_option("FILE", *file, "JSON lines; default or - reads the input");
    set_action(command, context.action,
               [&session = context.pure, file, path] { return run_lines(session, path, *file); });
}

}  // namespace

void add_rating_commands(const CommandContext& context) {
    add_line_command(context, "rate", "/v1/rate", "prices quantities by a plan");
    add_line_command(context, "periods", "/v1/periods", "billing periods between two instants");
    add_line_command(context, "wallet", "/v1/wallet", "prepaid balances over time");
}

}  // namespace tally::cli
