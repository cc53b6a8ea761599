#include "edge/token/token_verifier.hpp"

#include "edge/token/base64url.hpp"

#include <cstring>

namespace tally::edge {

int TokenVerifier::open(const char* path, const TokenRules& rules) {
    configured_ = true;
    rules_ = rules;
    memory_.open();
    return keys_.open(path, rules.issuer);
}

TokenVerdict TokenVerifier::check(std::string_view token, SipKey secret, const Digest128& digest,
                                  std::int64_t now_us) {
    if (!keys_.usable(now_us))
        return {TokenFault::kNoKeys, false, {}, {}};
    if (const RememberedToken* known = memory_.find(digest, keys_.epoch())) {
        const TokenFault fault = now_us < known->expires_at_us ? TokenFault::kNone : TokenFault::kExpired;
        return {fault, true, known->principal_name(), known->principal};
    }
    TokenClaims claims;
    const TokenFault fault = verify(token, now_us, claims);
    if (fault != TokenFault::kNone && fault != TokenFault::kExpired)
        return {fault, false, {}, {}};
    latest_.digest = digest;
    latest_.principal = principal_digest(secret, rules_.issuer, claims.principal_name());
    latest_.expires_at_us = claims.expires_at_us;
    latest_.epoch = keys_.epoch();
    latest_.name_size = claims.principal_size;
    std::memcpy(latest_.name, claims.principal, claims.principal_size);
    memory_.remember(latest_);
    return {fault, false, latest_.principal_name(), latest_.principal};
}

// The claims are not even read before the signature is right.
TokenFault TokenVerifier::verify(std::string_view token, std::int64_t now_us, TokenClaims& claims) {
    TokenParts parts;
    if (!split_token(token, parts))
        return TokenFault::kShape;
    TokenHeader header;
    if (const TokenFault fault = read_token_header(parts.header, header); fault != TokenFault::kNone)
        return fault;
    const VerificationKey* const key = keys_.find(header.algorithm, header.kid_text());
    if (key == nullptr) {
        keys_.report_unknown_kid();
        return TokenFault::kUnknownKey;
    }
    unsigned char signature[kSignatureSizeMax];
    if (base64url_room(parts.signature.size()) > sizeof signature)
        return TokenFault::kSignature;
    const std::size_t size = decode_base64url(parts.signature, signature);
    if (size == kNotBase64url || !key->verify(parts.signed_text, signature, size))
        return TokenFault::kSignature;
    return read_token_claims(parts.payload, header, rules_, now_us, claims);
}

}  // namespace tally::edge
