#pragma once

#include "base/result.hpp"
#include "edge/nginx_config.hpp"

#include <string>

namespace tally::edge {

// Fails with kConflict when another program listens on the address; the message names it, as far as this user
// may know, and the setting to change.
Status check_port_is_free(const EdgeConfig& config);

}  // namespace tally::edge
