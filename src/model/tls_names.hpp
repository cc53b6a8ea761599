#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tally {

// "TLSv1.3" for 0x0304, …, "SSLv3" for 0x0300, as nginx and CloudFront write them. Empty for 0; any other
// number is written into `scratch` as "0x0305".
std::string_view tls_protocol_name(std::uint16_t wire_version, std::string& scratch);

// OpenSSL's name of an IANA cipher suite number, e.g. "ECDHE-RSA-AES128-GCM-SHA256", as CloudFront logs it.
// Empty for 0; a suite that no current server offers is written into `scratch` as "0x1234".
std::string_view tls_cipher_name(std::uint16_t iana_number, std::string& scratch);

}  // namespace tally
