#include "edge/token/jwt.hpp"

#include "edge/token/base64url.hpp"

#include <cstring>

namespace tally::edge {
namespace {

constexpr std::int64_t kMicroseconds = 1'000'000;

bool is_base64url_character(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// In any case, as media types are compared.
bool is_type(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size())
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
        if (c != lower[i])
            return false;
    }
    return true;
}

// Decodes a part into `buffer` and reads it as a JSON object.
template <std::size_t Room>
bool read_object(std::string_view encoded, unsigned char (&buffer)[Room], JsonDocument& document) {
    if (base64url_room(encoded.size()) > Room)
        return false;
    const std::size_t size = decode_base64url(encoded, buffer);
    return size != kNotBase64url && document.parse(reinterpret_cast<char*>(buffer), size) &&
           document.root().type == JsonType::kObject;
}

// A member's text; false where it is there and no string.
bool read_text(const JsonDocument& document, std::string_view name, std::string_view& out) {
    const JsonNode* const member = document.find(document.root(), name);
    if (member == nullptr)
        return true;
    out = member->text;
    return member->type == JsonType::kString;
}

TokenFault check_type(const JsonDocument& document, TokenHeader& out) {
    std::string_view type;
    if (!read_text(document, "typ", type))
        return TokenFault::kHeader;
    out.is_access_token = is_type(type, "at+jwt") || is_type(type, "application/at+jwt");
    const bool known = type.empty() || out.is_access_token || is_type(type, "jwt");
    return known ? TokenFault::kNone : TokenFault::kType;
}

// Parameters that change what the rest means: understood by nobody here, so they are refused.
bool has_forbidden_parameter(const JsonDocument& document) {
    static constexpr std::string_view kForbidden[] = {"crit", "b64", "zip", "enc", "cty"};
    for (const std::string_view name : kForbidden)
        if (document.find(document.root(), name) != nullptr)
            return true;
    return false;
}

bool is_among(const JsonDocument& document, const JsonNode& audience, const TextList& allowed) {
    if (audience.type == JsonType::kString)
        return allowed.has(audience.text);
    bool found = false;
    for (const JsonNode* one = document.first(audience); one != nullptr;
         one = document.next(audience, *one)) {
        if (one->type != JsonType::kString)
            return false;
        found = found || allowed.has(one->text);
    }
    return found;
}

// A token for somebody else's ears is refused (RFC 8725 §3.9). Cognito's access tokens name the client
// instead.
TokenFault check_audience(const JsonDocument& document, const TextList& allowed) {
    if (allowed.has(kAny))
        return TokenFault::kNone;
    const JsonNode* audience = document.find(document.root(), "aud");
    if (audience == nullptr)
        audience = document.find(document.root(), "client_id");
    return audience != nullptr && is_among(document, *audience, allowed) ? TokenFault::kNone
                                                                         : TokenFault::kAudience;
}

TokenFault check_use(const JsonDocument& document, const TokenHeader& header, const TextList& allowed) {
    std::string_view use = header.is_access_token ? "access" : "";
    if (!read_text(document, "token_use", use))
        return TokenFault::kClaims;
    return allowed.has(kAny) || allowed.has(use) ? TokenFault::kNone : TokenFault::kUse;
}

TokenFault read_principal(const JsonDocument& document, std::string_view claim, TokenClaims& out) {
    std::string_view name;
    if (!read_text(document, claim, name) || name.empty() || name.size() > kPrincipalSizeMax)
        return TokenFault::kPrincipal;
    for (const char c : name)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            return TokenFault::kPrincipal;
    std::memcpy(out.principal, name.data(), name.size());
    out.principal_size = static_cast<std::uint8_t>(name.size());
    return TokenFault::kNone;
}

// A time that the token may leave out.
bool read_time(const JsonDocument& document, std::string_view name, std::int64_t absent, std::int64_t& out) {
    const JsonNode* const member = document.find(document.root(), name);
    out = absent;
    return member == nullptr || whole_seconds(*member, out);
}

TokenFault check_times(const JsonDocument& document, const TokenRules& rules, std::int64_t now_us,
                       TokenClaims& out) {
    std::int64_t expires = 0;
    std::int64_t not_before = 0;
    std::int64_t issued = 0;
    if (!read_time(document, "exp", -1, expires) || expires < 0 ||
        !read_time(document, "nbf", 0, not_before) || !read_time(document, "iat", 0, issued) ||
        issued > expires || not_before > expires)
        return TokenFault::kClaims;
    out.expires_at_us = expires * kMicroseconds + rules.clock_skew_us;
    const std::int64_t latest = now_us + rules.clock_skew_us;
    if (not_before * kMicroseconds > latest || issued * kMicroseconds > latest)
        return TokenFault::kTooEarly;
    return now_us < out.expires_at_us ? TokenFault::kNone : TokenFault::kExpired;
}

}  // namespace

const char* token_fault_text(TokenFault fault) {
    switch (fault) {
        case TokenFault::kNone: return "nothing is wrong";
        case TokenFault::kNoKeys: return "the issuer's keys are not here";
        case TokenFault::kShape: return "it is no JWT in compact form";
        case TokenFault::kHeader: return "its header is not strict JSON or wants more than is understood";
        case TokenFault::kAlgorithm: return "its alg is none of RS256, ES256 and EdDSA";
        case TokenFault::kType: return "its typ is neither JWT nor at+jwt";
        case TokenFault::kUnknownKey: return "the issuer has no such key";
        case TokenFault::kSignature: return "its signature is wrong";
        case TokenFault::kClaims: return "its claims are not strict JSON, or have wrong types";
        case TokenFault::kIssuer: return "its iss is not the configured issuer";
        case TokenFault::kAudience: return "neither its aud nor its client_id is a configured audience";
        case TokenFault::kUse: return "its token_use is not among the configured ones";
        case TokenFault::kPrincipal: return "the claim that names the principal is missing or unfit";
        case TokenFault::kTooEarly: return "its nbf or iat lies in the future";
        case TokenFault::kExpired: return "it has expired";
    }
    return "";
}

bool split_token(std::string_view token, TokenParts& out) {
    if (token.size() > kTokenSizeMax)
        return false;
    std::size_t dots[2] = {};
    std::size_t count = 0;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (is_base64url_character(token[i]))
            continue;
        if (token[i] != '.' || count == 2)
            return false;
        dots[count++] = i;
    }
    if (count != 2 || dots[0] == 0 || dots[1] == dots[0] + 1 || dots[1] + 1 == token.size())
        return false;
    const char* const start = token.data();
    out.header = std::string_view(start, dots[0]);
    out.payload = std::string_view(start + dots[0] + 1, dots[1] - dots[0] - 1);
    out.signature = std::string_view(start + dots[1] + 1, token.size() - dots[1] - 1);
    out.signed_text = std::string_view(start, dots[1]);
    return true;
}

TokenFault read_token_header(std::string_view encoded, TokenHeader& out) {
    unsigned char buffer[base64url_room(kTokenHeaderSizeMax)];
    JsonDocument document;
    if (!read_object(encoded, buffer, document) || has_forbidden_parameter(document))
        return TokenFault::kHeader;
    std::string_view algorithm;
    std::string_view kid;
    if (!read_text(document, "alg", algorithm) || !read_text(document, "kid", kid) ||
        kid.size() > sizeof out.kid)
        return TokenFault::kHeader;
    out.algorithm = token_algorithm(algorithm);
    if (out.algorithm == TokenAlgorithm::kNone)
        return TokenFault::kAlgorithm;
    std::memcpy(out.kid, kid.data(), kid.size());
    out.kid_size = kid.size();
    return check_type(document, out);
}

TokenFault read_token_claims(std::string_view encoded, const TokenHeader& header, const TokenRules& rules,
                             std::int64_t now_us, TokenClaims& out) {
    unsigned char buffer[base64url_room(kTokenSizeMax)];
    JsonDocument document;
    if (!read_object(encoded, buffer, document))
        return TokenFault::kClaims;
    std::string_view issuer;
    if (!read_text(document, "iss", issuer) || issuer.empty() || issuer != rules.issuer)
        return TokenFault::kIssuer;
    TokenFault fault = check_audience(document, rules.audiences);
    if (fault == TokenFault::kNone)
        fault = check_use(document, header, rules.token_uses);
    if (fault == TokenFault::kNone)
        fault = read_principal(document, rules.principal_claim, out);
    return fault == TokenFault::kNone ? check_times(document, rules, now_us, out) : fault;
}

}  // namespace tally::edge
