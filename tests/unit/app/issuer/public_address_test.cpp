#include "app/issuer/public_address.hpp"

#include <gtest/gtest.h>

namespace tally::app {
namespace {

TEST(PublicAddress, WhatTheWorldReaches) {
    for (const char* address :
         {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.1.1.1", "128.0.0.1",
          "172.15.255.255", "172.32.0.0", "192.167.1.1", "192.169.1.1", "198.17.1.1", "198.20.0.0",
          "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:4860::8888"})
        EXPECT_EQ(address_kind(address), AddressKind::kPublic) << address;
}

TEST(PublicAddress, ThisMachine) {
    for (const char* address : {"127.0.0.1", "127.0.0.0", "127.255.255.255", "::1", "0:0:0:0:0:0:0:1"})
        EXPECT_EQ(address_kind(address), AddressKind::kLoopback) << address;
}

TEST(PublicAddress, EverythingElse) {
    for (const char* address : {"0.0.0.0",
                                "0.1.2.3",
                                "10.0.0.1",
                                "10.255.255.255",
                                "100.64.0.1",
                                "100.127.255.255",
                                "169.254.169.254",
                                "172.16.0.1",
                                "172.31.255.255",
                                "192.0.0.170",
                                "192.0.2.1",
                                "192.88.99.1",
                                "192.168.0.1",
                                "198.18.0.1",
                                "198.19.255.255",
                                "198.51.100.1",
                                "203.0.113.1",
                                "224.0.0.1",
                                "239.255.255.255",
                                "240.0.0.1",
                                "255.255.255.255",
                                "::",
                                "::ffff:1.1.1.1",
                                "::ffff:127.0.0.1",
                                "::1.1.1.1",
                                "64:ff9b::7f00:1",
                                "64:ff9b:1::1",
                                "100::1",
                                "2001::1",
                                "2001:db8::1",
                                "2002:7f00:1::",
                                "3fff::1",
                                "fc00::1",
                                "fd00:ec2::254",
                                "fe80::1",
                                "fec0::1",
                                "ff02::1",
                                "fe80::1%eth0",
                                "",
                                "1.1.1",
                                "1.1.1.1.1",
                                "0x7f.0.0.1",
                                "0177.0.0.1",
                                "2130706433",
                                "localhost",
                                "1.1.1.1 ",
                                "[::1]"})
        EXPECT_EQ(address_kind(address), AddressKind::kOther) << address;
}

}  // namespace
}  // namespace tally::app
