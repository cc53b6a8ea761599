#include "cli/group.hpp"

namespace tally::cli {
namespace {

struct Options {
    std::string method = "GET";
    std::string path = "/";
    std::string key;
    std::string key_file;
};

}  // namespace

void add_edge_commands(const CommandContext& context) {
    CLI::App& edge = add_noun(context, "edge", "the proxy that lets requests in");
    auto options = options_of<Options>();
    CLI::App& test = add_verb(edge, "test", "what a request would get: behavior, key, limits, upstream");
    test.add_option("--method", options->method, "its method")->capture_default_str();
    test.add_option("--path", options->path, "its path")->capture_default_str();
    CLI::Option* key = test.add_option("--key", options->key, "the caller's key, by id or name");
    test.add_option("--key-file", options->key_file, "the key itself, in a file; - reads the input")
        ->excludes(key);
    set_action(test, context.action, [&session = context.session, options] {
        std::string value;
        if (!options->key_file.empty()) {
            auto text = session.read_file(options->key_file);
            if (!text)
                return session.fail(text.error());
            value = *text;
            value.erase(value.find_last_not_of("\r\n") + 1);
        }
        return session.show({"POST",
                             "/v1/edge/test",
                             {},
                             {},
                             body_of({{"method", options->method},
                                      {"path", options->path},
                                      {"key", options->key},
                                      {"key_value", value}})},
                            {});
    });
}

}  // namespace tally::cli
