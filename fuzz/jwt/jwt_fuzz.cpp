// Any bytes as a token, as its header, as its claims, and as an issuer's key set: no crash, no hang, nothing
// let in that no key of the issuer signed.
// sources: src/edge/token/base64url.cpp src/edge/token/json_document.cpp src/edge/token/jwks.cpp
// sources: src/edge/token/jwks_file.cpp src/edge/token/jwks_reader.cpp src/edge/token/jwt.cpp
// sources: src/edge/token/token_memory.cpp src/edge/token/token_verifier.cpp
// sources: src/edge/token/verification_key.cpp
// sources: src/base/file_system.cpp src/base/error.cpp src/base/json_value.cpp src/base/json_writer.cpp
// links: -lfmt -lboost_json -lcrypto
#include "edge/token/jwks_file.hpp"
#include "edge/token/token_verifier.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <unistd.h>

namespace {

using namespace tally::edge;

constexpr std::string_view kIssuer = "joe";
constexpr std::string_view kAny1[] = {kAny};
constexpr tally::SipKey kSecret{1, 2};
constexpr std::int64_t kNow = 1'300'000'000'000'000;
// The keys of RFC 7515 A.3 and RFC 8037 A.2; nobody here has their private parts.
constexpr std::string_view kKeys =
    R"({"keys":[{"kty":"EC","crv":"P-256","kid":"e","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},)"
    R"({"kty":"OKP","crv":"Ed25519","kid":"o","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

std::string base64url(std::string_view bytes) {
    static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    unsigned bits = 0;
    int count = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6)
            text += kAlphabet[bits >> (count - 6) & 63];
    }
    if (count != 0)
        text += kAlphabet[bits << (6 - count) & 63];
    return text;
}

TokenRules rules() {
    TokenRules rules;
    rules.issuer = kIssuer;
    rules.audiences = {kAny1, 1};
    rules.token_uses = {kAny1, 1};
    rules.principal_claim = "iss";
    return rules;
}

// The one token that is good: RFC 7515 A.3 is in the corpus.
bool is_the_example(std::string_view token) {
    return token.ends_with(
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
}

struct Site {
    Site() {
        std::filesystem::create_directories(folder);
        const auto set = parse_jwks(kKeys);
        JwksFile file(path, std::string(kIssuer));
        if (!set.ok() || !file.publish(set->keys, {}, tally::instant_from_us(kNow * 2)).ok() ||
            verifier.open(path.c_str(), rules()) != 0)
            __builtin_trap();
    }

    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("jwt-fuzz-" + std::to_string(::getpid()));
    const std::string path = (folder / "jwks.table").string();
    TokenVerifier verifier;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Site site;
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    const auto check = [](std::string_view token) {
        return site.verifier
            .check(token, kSecret, tally::siphash128(kSecret, token.data(), token.size()), kNow)
            .fault;
    };
    if (check(bytes) == TokenFault::kNone && !is_the_example(bytes))
        __builtin_trap();
    if (check(base64url(bytes) + ".e30." + std::string(86, 'A')) == TokenFault::kNone)
        __builtin_trap();
    TokenHeader header;
    static_cast<void>(read_token_header(base64url(bytes), header));
    TokenClaims claims;
    if (read_token_claims(base64url(bytes), {}, rules(), kNow, claims) == TokenFault::kNone &&
        claims.principal_name() != kIssuer)
        __builtin_trap();
    if (const auto set = parse_jwks(bytes); set.ok() && set->keys.empty())
        __builtin_trap();
    static_cast<void>(is_jwks_file(data, size));
    return 0;
}
