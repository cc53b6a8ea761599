#pragma once

#include <string>

namespace tally::app {

enum class AddressKind { kPublic, kLoopback, kOther };

// Where an IP address in text form leads: kPublic for what is globally reachable by IANA's registries of
// special-purpose addresses, kOther for private, link-local, shared, multicast, documentation and reserved
// ones, for IPv6 forms that carry an IPv4 address (mapped, 6to4, Teredo, NAT64), and for what is no address.
AddressKind address_kind(const std::string& address);

}  // namespace tally::app
