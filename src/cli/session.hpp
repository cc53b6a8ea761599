#pragma once

#include "base/result.hpp"
#include "cli/output.hpp"
#include "cli/transport.hpp"

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

namespace tally::cli {

// Exit codes; the same for every command.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;  // nothing changed, or what changed is said
inline constexpr int kWrongUse = 2;
inline constexpr int kUnknown = 3;     // asked for something that may or may not have happened
inline constexpr int kDifference = 4;  // a check found a difference

// The options that stand before the noun.
struct GlobalOptions {
    std::string dir = "./tallyman-data";
    std::string server;  // empty = the one of `dir`, or none
    OutputFormat format = OutputFormat::kTable;
};

// What a command works with: the way to the API and the way to the user. Results go to `out`, all else to
// `err`.
class Session {
  public:
    using Connect = std::function<Result<std::unique_ptr<Transport>>(const GlobalOptions&)>;

    Session(Connect connect, std::istream& in, std::ostream& out, std::ostream& err)
        : connect_(std::move(connect)), in_(in), out_(out), err_(err) {}

    GlobalOptions options;

    // Sends, prints the answer, and returns the exit code.
    int show(const ClientRequest& request, const View& view);
    // All pages of a list as one document.
    int show_list(ClientRequest request, const View& view);
    // Sends; problems are errors with their detail, pointer and code.
    Result<JsonValue> ask(const ClientRequest& request);
    // As ask, without reading the body as JSON.
    Result<ClientResponse> fetch(const ClientRequest& request);

    int print(const JsonValue& document, const View& view);
    void print_text(std::string_view text);
    // Says it on `err` and gives the exit code.
    int fail(const Error& error);
    // A remark on `err`.
    void hint(std::string_view text);

    // A file's bytes, or those of the input for "-". kNotFound and kIo name the file.
    Result<std::string> read_file(const std::string& path);

  private:
    Connect connect_;
    std::istream& in_;
    std::ostream& out_;
    std::ostream& err_;
    std::unique_ptr<Transport> transport_;  // made at the first request
};

}  // namespace tally::cli
