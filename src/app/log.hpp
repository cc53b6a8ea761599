#pragma once

#include <string_view>

namespace tally::app {

enum class LogLevel { kInfo, kWarning, kError };

// One line on stderr: time, level, text. Control characters are escaped, so that no value can forge a line or
// steer a terminal. Thread-safe: a line is written in one call.
void log_line(LogLevel level, std::string_view text);

}  // namespace tally::app
