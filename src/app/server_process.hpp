#pragma once

#include "app/data_folder.hpp"
#include "app/site.hpp"
#include "base/result.hpp"

#include <functional>
#include <string>

namespace tally::app {

// {"server":{"url","running","pid"},"edge":{…}}
std::string deployment_json(const api::Endpoint& server, const api::Endpoint& edge);

// Runs the server of a data folder in this process until SIGTERM or SIGINT; with the edge, starts nginx
// before (or adopts the one that runs) and stops it after. `announce` gets deployment_json as soon as
// everything that was to be started answers. On the way out: nginx ends its requests, the server answers
// those it has, and what is captured is delivered.
//
// Killed with SIGKILL it leaves nginx running and capturing; the next start adopts it.
Status run_server(const DataFolder& folder, bool with_edge, const Machine& machine,
                  const std::function<void(const std::string&)>& announce);

// The same in a process of its own, which outlives this one and writes to server.log. Returns deployment_json
// when it answers, or the error that it started with. Call it while this process has one thread.
Result<std::string> run_server_detached(const DataFolder& folder, const Machine& machine);

}  // namespace tally::app
