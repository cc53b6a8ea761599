#pragma once

#include "edge/token/json_document.hpp"
#include "edge/token/verification_key.hpp"
#include "model/principal_digest.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

// JSON Web Tokens (RFC 7515, 7519) as RFC 8725 wants them read. Fixed memory, no heap, free of the C++
// library.
namespace tally::edge {

inline constexpr std::size_t kTokenSizeMax = 16 * 1024;
inline constexpr std::size_t kTokenHeaderSizeMax = 4096;  // encoded
inline constexpr std::size_t kSignatureSizeMax = 1024;    // of RSA with 8192 bits

// Why a token is not trusted, in the order of the checks.
enum class TokenFault : std::uint8_t {
    kNone,
    kNoKeys,      // the issuer's keys are not here, or too old: nothing can be said about the token
    kShape,       // not three parts of base64url, or too large
    kHeader,      // not strict JSON, or parameters that are not allowed ("crit", "b64", "zip", "enc", "cty")
    kAlgorithm,   // not RS256, ES256 or EdDSA
    kType,        // "typ" is something else than a JWT
    kUnknownKey,  // the issuer has no such key for this algorithm
    kSignature,
    kClaims,  // not strict JSON, or claims of the wrong types
    kIssuer,
    kAudience,
    kUse,  // "token_use" is not among the allowed ones
    kPrincipal,
    kTooEarly,  // "nbf" or "iat" lies in the future
    kExpired
};

// For people; tells nothing of the token's content.
const char* token_fault_text(TokenFault fault);

// Texts that must stay where they are as long as the rules are used.
struct TextList {
    const std::string_view* texts = nullptr;
    std::size_t count = 0;

    [[nodiscard]] bool has(std::string_view text) const {
        for (std::size_t i = 0; i < count; ++i)
            if (texts[i] == text)
                return true;
        return false;
    }
};

// In the lists of audiences and uses: any, also none at all.
inline constexpr std::string_view kAny = "*";

// What a trusted token must say.
struct TokenRules {
    std::string_view issuer;
    TextList audiences;                       // "aud", or Cognito's "client_id" where there is no "aud"
    TextList token_uses;                      // Cognito's "token_use"; "typ" at+jwt counts as "access"
    std::string_view principal_claim{"sub"};  // 1 to 255 bytes of text without control characters
    std::int64_t clock_skew_us = 0;           // how far the issuer's clock may be off
};

// The three parts of a compact JWS; views into the token.
struct TokenParts {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signed_text;  // header.payload
};

// Whether this looks like a token at all: three parts of base64url characters, none empty, not too large.
bool split_token(std::string_view token, TokenParts& out);

struct TokenHeader {
    TokenAlgorithm algorithm = TokenAlgorithm::kNone;
    bool is_access_token = false;  // "typ" says so (RFC 9068)
    std::size_t kid_size = 0;
    char kid[128] = {};

    [[nodiscard]] std::string_view kid_text() const { return {kid, kid_size}; }
};

// "jwk", "jku", "x5u", "x5c" and unknown parameters are ignored: keys come from the configured issuer alone.
TokenFault read_token_header(std::string_view encoded, TokenHeader& out);

struct TokenClaims {
    std::int64_t expires_at_us = 0;
    std::uint8_t principal_size = 0;
    char principal[kPrincipalSizeMax] = {};

    [[nodiscard]] std::string_view principal_name() const { return {principal, principal_size}; }
};

// Of a token whose signature is right. Everything but kExpired and kTooEarly is the same at any time; with
// these two, and with kNone, `out` is filled.
TokenFault read_token_claims(std::string_view encoded, const TokenHeader& header, const TokenRules& rules,
                             std::int64_t now_us, TokenClaims& out);

}  // namespace tally::edge
