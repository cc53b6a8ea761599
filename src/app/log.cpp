#include "app/log.hpp"

#include "base/clock.hpp"
#include "base/time_text.hpp"

#include <cstdio>
#include <string>

#include <unistd.h>

namespace tally::app {
namespace {

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::kInfo: return "info";
        case LogLevel::kWarning: return "warning";
        case LogLevel::kError: return "error";
    }
    return "";
}

}  // namespace

void log_line(LogLevel level, std::string_view text) {
    std::string line = format_rfc3339(SystemClock().now());
    line.append(" ").append(name_of(level)).append(" ");
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7F) {
            line += c;
            continue;
        }
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(byte));
        line += escaped;
    }
    line += '\n';
    // There is nowhere to report a log that cannot be written.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace tally::app
