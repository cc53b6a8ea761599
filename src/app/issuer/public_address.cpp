#include "app/issuer/public_address.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <arpa/inet.h>

namespace tally::app {
namespace {

struct Block4 {
    std::uint32_t start;
    int bits;
};

// All but 127.0.0.0/8.
constexpr Block4 kSpecial4[] = {{0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0xA9FE0000, 16},
                                {0xAC100000, 12}, {0xC0000000, 24}, {0xC0000200, 24}, {0xC0586300, 24},
                                {0xC0A80000, 16}, {0xC6120000, 15}, {0xC6336400, 24}, {0xCB007100, 24},
                                {0xE0000000, 4},  {0xF0000000, 4}};

bool is_in(std::uint32_t address, const Block4& block) {
    return (address ^ block.start) >> (32 - block.bits) == 0;
}

AddressKind kind4(std::uint32_t address) {
    if (is_in(address, {0x7F000000, 8}))
        return AddressKind::kLoopback;
    const bool special = std::any_of(std::begin(kSpecial4), std::end(kSpecial4),
                                     [&](const Block4& block) { return is_in(address, block); });
    return special ? AddressKind::kOther : AddressKind::kPublic;
}

using Bytes6 = std::array<unsigned char, 16>;

// Of what is handed out (2000::/3): without 2001::/23 (Teredo, ORCHID), 2001:db8::/32, 2002::/16 (6to4) and
// 3fff::/20.
AddressKind kind6(const Bytes6& b) {
    constexpr Bytes6 kLoopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    if (b == kLoopback)
        return AddressKind::kLoopback;
    const bool global = b[0] >> 5 == 1;
    const bool special = (b[0] == 0x20 && b[1] == 0x01 && b[2] < 0x02) ||
                         (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0D && b[3] == 0xB8) ||
                         (b[0] == 0x20 && b[1] == 0x02) || (b[0] == 0x3F && b[1] == 0xFF && b[2] < 0x10);
    return global && !special ? AddressKind::kPublic : AddressKind::kOther;
}

}  // namespace

AddressKind address_kind(const std::string& address) {
    in_addr v4 = {};
    if (::inet_pton(AF_INET, address.c_str(), &v4) == 1)
        return kind4(ntohl(v4.s_addr));
    in6_addr v6 = {};
    if (::inet_pton(AF_INET6, address.c_str(), &v6) != 1)
        return AddressKind::kOther;
    Bytes6 bytes = {};
    std::copy(std::begin(v6.s6_addr), std::end(v6.s6_addr), bytes.begin());
    return kind6(bytes);
}

}  // namespace tally::app
