#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "state/connection.hpp"

namespace tally::state {

// Brings the schema up to date, each version in a transaction of its own, and returns the version. Processes
// that start at once wait for each other. kUnsupported when the schema is newer than this program.
Result<int> migrate(Connection& connection, const Clock& clock);

}  // namespace tally::state
