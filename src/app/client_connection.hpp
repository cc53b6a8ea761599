#pragma once

#include "app/site.hpp"
#include "base/result.hpp"
#include "cli/session.hpp"
#include "cli/transport.hpp"

#include <memory>

namespace tally::app {

// The CLI's way to the API: the named server; else the one that runs on the data folder; else the same routes
// in this process, with the folder locked as long as the transport lives. Waits up to 10 s for another
// process that works on the folder without being a server.
//
// The token for a named server is $TALLYMAN_TOKEN, else the data folder's.
Result<std::unique_ptr<cli::Transport>> connect(const cli::GlobalOptions& options, const Machine& machine);

// The routes that need no data folder.
std::unique_ptr<cli::Transport> connect_pure(const Machine& machine);

}  // namespace tally::app
