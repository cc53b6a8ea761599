#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "state/connection.hpp"

namespace tally::state {

// Brings the schema up to date, each version in a transaction of its own, and returns the version. Processes
// that start at once wait for each other. kUnsupported when the schema is newer than this program.
Result<int> migrate(Connection& connection, const Clock& clock);

// The same, but no further than `version`: for tests of what a migration does to older data.
Result<int> migrate_up_to(Connection& connection, int version, const Clock& clock);

}  // namespace tally::state
