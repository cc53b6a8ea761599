#include "edge/module/caller.hpp"

#include <cstring>

namespace tally::edge {
namespace {

constexpr std::size_t kAuthorizationSize = sizeof("authorization") - 1;
constexpr std::size_t kProxyAuthorizationSize = sizeof("proxy-authorization") - 1;
constexpr std::size_t kBearerSize = sizeof("bearer ") - 1;
constexpr char kOurKeyPrefix[] = {'t', 'm', '_'};

inline bool is_credentials_header(const ngx_table_elt_t& header) {
    if (header.key.len == kAuthorizationSize)
        return std::memcmp(header.lowcase_key, "authorization", kAuthorizationSize) == 0;
    return header.key.len == kProxyAuthorizationSize &&
           std::memcmp(header.lowcase_key, "proxy-authorization", kProxyAuthorizationSize) == 0;
}

// One walk over the headers: how much room they need in the record, which are secret, and the first that
// carries a key.
void read_headers(const ngx_http_request_t* request, RequestContext& context) {
    std::size_t room = 0;
    std::size_t count = 0;
    for (const ngx_list_part_t* part = &request->headers_in.headers.part; part != nullptr;
         part = part->next) {
        const auto* header = static_cast<const ngx_table_elt_t*>(part->elts);
        for (const auto* end = header + part->nelts; header < end; ++header, ++count) {
            room += header->key.len + header->value.len + 2;
            const bool carries_key = is_in(*context.config->key_headers, *header);
            if (!carries_key && !is_credentials_header(*header)) [[likely]]
                continue;
            room += kMaskSizeMax;
            if (count < 64)
                context.secret_headers |= std::uint64_t{1} << count;
            if (carries_key && context.key_header == nullptr && header->value.len != 0) {
                context.key_header = header;
                context.key = header->value;
            }
        }
    }
    context.headers_room = room;
    context.header_count = static_cast<std::uint16_t>(count < 0xFFFF ? count : 0xFFFF);
}

// `Authorization: Bearer tm_…` carries a key as well; other tokens belong to the upstream.
void read_bearer(const ngx_http_request_t* request, RequestContext& context) {
    const ngx_table_elt_t* header = request->headers_in.authorization;
    if (context.key_header != nullptr || header == nullptr)
        return;
    const ngx_str_t token = bearer_token(header->value);
    if (token.len < sizeof kOurKeyPrefix || std::memcmp(token.data, kOurKeyPrefix, sizeof kOurKeyPrefix) != 0)
        return;
    context.key_header = header;
    context.key = token;
}

void put_hex(std::uint64_t value, char* to) {
    static constexpr char kDigits[] = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4)
        *to++ = kDigits[(value >> shift) & 0xF];
}

KeyMask id_mask(const KeyRecord& slot) {
    KeyMask mask = {};
    mask.size = slot.key_id_size;
    std::memcpy(mask.text, slot.key_id, sizeof mask.text);
    return mask;
}

}  // namespace

ngx_str_t bearer_token(const ngx_str_t& value) {
    static u_char scheme[] = "bearer ";
    ngx_str_t token = {0, nullptr};
    if (value.len <= kBearerSize || ngx_strncasecmp(value.data, scheme, kBearerSize) != 0)
        return token;
    std::size_t start = kBearerSize;
    while (start < value.len && value.data[start] == ' ')
        ++start;
    token.data = value.data + start;
    token.len = value.len - start;
    return token;
}

void find_caller(ngx_http_request_t* request, RequestContext& context, Worker& worker) {
    read_headers(request, context);
    read_bearer(request, context);
    if (context.key_header == nullptr) {
        context.auth = context.config->anonymous ? AuthResult::kAnonymous : AuthResult::kMissingKey;
        return;
    }
    context.auth = AuthResult::kUnknownKey;
    if (!worker.keys.available()) {
        context.key_table_missing = true;
        return;
    }
    const Digest128 digest = worker.keys.digest(context.key.data, context.key.len);
    switch (worker.keys.find(digest, context.start_wall_us, context.slot)) {
        case KeyLookup::kActive: context.auth = AuthResult::kIdentified; break;
        case KeyLookup::kRevoked: context.auth = AuthResult::kRevokedKey; break;
        case KeyLookup::kUnknown: break;
        case KeyLookup::kUnavailable: context.key_table_missing = true; break;
    }
}

bool is_secret_header(const ngx_table_elt_t& header, std::size_t number, const RequestContext& context) {
    if (number < 64)
        return (context.secret_headers >> number & 1) != 0;
    return is_in(*context.config->key_headers, header) || is_credentials_header(header);
}

KeyMask mask_of(const void* key, std::size_t size, const RequestContext& context, Worker& worker) {
    if (key == context.key.data && size == context.key.len && context.has_slot())
        return id_mask(context.slot);
    KeyMask mask = {};
    std::memcpy(mask.text, "unknown_", 8);
    mask.size = 8;
    if (!worker.keys.available())
        return mask;
    const Digest128 digest = worker.keys.digest(key, size);
    KeyRecord slot = {};
    const KeyLookup found = worker.keys.find(digest, context.start_wall_us, slot);
    if (found == KeyLookup::kActive || found == KeyLookup::kRevoked)
        return id_mask(slot);
    put_hex(digest.low, mask.text + mask.size);
    mask.size += 16;
    return mask;
}

}  // namespace tally::edge
