#pragma once

#include "base/result.hpp"
#include "edge/edge_config.hpp"

#include <string>
#include <string_view>

namespace tally::edge {

struct UpstreamAddress {
    std::string_view scheme;     // "http" or "https"
    std::string_view authority;  // host:port
    std::string_view host;       // without port and brackets
};

// A view into `text`. kInvalidArgument for anything but http://host:port or https://host:port.
Result<UpstreamAddress> parse_upstream(std::string_view text);

// kInvalidArgument names the setting that cannot be written into nginx's configuration, or that contradicts
// another one. What nginx checks by itself is left to `nginx -t`.
Status check_edge_config(const EdgeConfig& config);

}  // namespace tally::edge
