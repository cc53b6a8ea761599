#include "model/tls_names.hpp"

namespace tally {
namespace {

std::string_view hex_number(std::uint16_t number, std::string& scratch) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    scratch = "0x";
    for (int shift = 12; shift >= 0; shift -= 4)
        scratch += kDigits[(static_cast<unsigned>(number) >> shift) & 15U];
    return scratch;
}

// Source: IANA TLS Cipher Suites registry; names as `openssl ciphers -V`.
std::string_view known_cipher(std::uint16_t number) {
    switch (number) {
        case 0x000A: return "DES-CBC3-SHA";
        case 0x002F: return "AES128-SHA";
        case 0x0033: return "DHE-RSA-AES128-SHA";
        case 0x0035: return "AES256-SHA";
        case 0x0039: return "DHE-RSA-AES256-SHA";
        case 0x003C: return "AES128-SHA256";
        case 0x003D: return "AES256-SHA256";
        case 0x0067: return "DHE-RSA-AES128-SHA256";
        case 0x006B: return "DHE-RSA-AES256-SHA256";
        case 0x009C: return "AES128-GCM-SHA256";
        case 0x009D: return "AES256-GCM-SHA384";
        case 0x009E: return "DHE-RSA-AES128-GCM-SHA256";
        case 0x009F: return "DHE-RSA-AES256-GCM-SHA384";
        case 0x1301: return "TLS_AES_128_GCM_SHA256";
        case 0x1302: return "TLS_AES_256_GCM_SHA384";
        case 0x1303: return "TLS_CHACHA20_POLY1305_SHA256";
        case 0x1304: return "TLS_AES_128_CCM_SHA256";
        case 0x1305: return "TLS_AES_128_CCM_8_SHA256";
        case 0xC009: return "ECDHE-ECDSA-AES128-SHA";
        case 0xC00A: return "ECDHE-ECDSA-AES256-SHA";
        case 0xC013: return "ECDHE-RSA-AES128-SHA";
        case 0xC014: return "ECDHE-RSA-AES256-SHA";
        case 0xC023: return "ECDHE-ECDSA-AES128-SHA256";
        case 0xC024: return "ECDHE-ECDSA-AES256-SHA384";
        case 0xC027: return "ECDHE-RSA-AES128-SHA256";
        case 0xC028: return "ECDHE-RSA-AES256-SHA384";
        case 0xC02B: return "ECDHE-ECDSA-AES128-GCM-SHA256";
        case 0xC02C: return "ECDHE-ECDSA-AES256-GCM-SHA384";
        case 0xC02F: return "ECDHE-RSA-AES128-GCM-SHA256";
        case 0xC030: return "ECDHE-RSA-AES256-GCM-SHA384";
        case 0xCCA8: return "ECDHE-RSA-CHACHA20-POLY1305";
        case 0xCCA9: return "ECDHE-ECDSA-CHACHA20-POLY1305";
        case 0xCCAA: return "DHE-RSA-CHACHA20-POLY1305";
        default: return {};
    }
}

}  // namespace

std::string_view tls_protocol_name(std::uint16_t wire_version, std::string& scratch) {
    switch (wire_version) {
        case 0: return {};
        case 0x0300: return "SSLv3";
        case 0x0301: return "TLSv1";
        case 0x0302: return "TLSv1.1";
        case 0x0303: return "TLSv1.2";
        case 0x0304: return "TLSv1.3";
        default: return hex_number(wire_version, scratch);
    }
}

std::string_view tls_cipher_name(std::uint16_t iana_number, std::string& scratch) {
    if (iana_number == 0)
        return {};
    const std::string_view name = known_cipher(iana_number);
    return name.empty() ? hex_number(iana_number, scratch) : name;
}

}  // namespace tally
