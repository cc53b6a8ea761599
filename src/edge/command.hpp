#pragma once

#include "base/result.hpp"

#include <string>
#include <vector>

namespace tally::edge {

struct CommandResult {
    int exit_code = 0;   // 128 + signal when a signal ended it
    std::string output;  // standard output and error together
};

// Runs a program to its end and collects what it says. The first argument is its path.
Result<CommandResult> run_command(const std::vector<std::string>& arguments);

// Starts a program in a session of its own, so that a terminal's signals do not reach it, with standard input
// from /dev/null and its output appended to `output_file`. None of our other descriptors stay open in it: it
// must not keep our locks. Returns its process id.
Result<int> start_daemon(const std::vector<std::string>& arguments, const std::string& output_file);

}  // namespace tally::edge
