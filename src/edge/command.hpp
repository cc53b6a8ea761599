#pragma once

#include "base/result.hpp"

#include <string>
#include <vector>

namespace tally::edge {

struct CommandResult {
    int exit_code = 0;   // 128 + signal when a signal ended it
    std::string output;  // standard output and error together
};

// Runs a program to its end and collects what it says. The first argument is its path. None of our
// descriptors but the standard ones stay open in it, nor in what it leaves behind: they must not keep our
// locks.
Result<CommandResult> run_command(const std::vector<std::string>& arguments);

}  // namespace tally::edge
