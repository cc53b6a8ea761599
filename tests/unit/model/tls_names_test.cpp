#include "model/tls_names.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(TlsNames, Protocols) {
    std::string scratch;
    EXPECT_EQ(tls_protocol_name(0, scratch), "");
    EXPECT_EQ(tls_protocol_name(0x0304, scratch), "TLSv1.3");
    EXPECT_EQ(tls_protocol_name(0x0303, scratch), "TLSv1.2");
    EXPECT_EQ(tls_protocol_name(0x0301, scratch), "TLSv1");
    EXPECT_EQ(tls_protocol_name(0x0305, scratch), "0x0305");
}

TEST(TlsNames, Ciphers) {
    std::string scratch;
    EXPECT_EQ(tls_cipher_name(0, scratch), "");
    EXPECT_EQ(tls_cipher_name(0x1301, scratch), "TLS_AES_128_GCM_SHA256");
    EXPECT_EQ(tls_cipher_name(0xC02F, scratch), "ECDHE-RSA-AES128-GCM-SHA256");
    EXPECT_EQ(tls_cipher_name(0xFEDC, scratch), "0xFEDC");
}

}  // namespace
}  // namespace tally
