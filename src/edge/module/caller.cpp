#include "edge/module/caller.hpp"

#include "edge/module/token.hpp"

#include <cstdint>
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

// `header` is the one of this number, and its name's hash is that of a secret's.
[[gnu::noinline]] void note_secret(const ngx_table_elt_t& header, std::size_t number,
                                   RequestContext& context) {
    const bool carries_key = is_in(*context.config->key_headers, header);
    if (!carries_key && !is_credentials_header(header))
        return;
    context.headers_room += kMaskSizeMax;
    if (number < 64)
        context.secret_headers |= std::uint64_t{1} << number;
    if (carries_key && context.key_header == nullptr && header.value.len != 0) {
        context.key_header = &header;
        context.key = header.value;
    }
}

// Room for the headers as "Name:Value\n" each, masks aside.
std::size_t room_for(const ngx_list_part_t* part) {
    std::size_t room = 0;
    for (; part != nullptr; part = part->next) {
        const auto* header = static_cast<const ngx_table_elt_t*>(part->elts);
        for (const auto* end = header + part->nelts; header < end; ++header)
            room += header->key.len + header->value.len + 2;
    }
    return room;
}

// Whether `secrets`, made by secret_hashes(), has the header's hash.
inline bool may_be_secret(const ngx_table_elt_t& header, std::uint64_t secrets) {
    return (secrets >> (header.hash & 63) & 1) != 0;
}

// Which are secret, and the first that carries a key, of headers that do not stand in one piece.
[[gnu::noinline]] void read_scattered_headers(const ngx_list_part_t* part, RequestContext& context) {
    context.headers_room += room_for(part);
    std::size_t count = 0;
    for (; part != nullptr; part = part->next) {
        const auto* header = static_cast<const ngx_table_elt_t*>(part->elts);
        for (const auto* end = header + part->nelts; header < end; ++header, ++count) {
            if (may_be_secret(*header, context.config->secret_hashes))
                note_secret(*header, count, context);
        }
    }
    context.header_count = static_cast<std::uint16_t>(count < 0xFFFF ? count : 0xFFFF);
}

inline std::uintptr_t address(const u_char* at) {
    return reinterpret_cast<std::uintptr_t>(at);
}

// One walk over the headers: which are secret, the first that carries a key, and whether they stand in one
// piece: one space behind each colon and two bytes, a line's end, between a value and the next name. A line
// that nginx ignored would be longer.
inline void read_headers(const ngx_http_request_t* request, RequestContext& context) {
    const ngx_list_part_t& part = request->headers_in.headers.part;
    if (part.next != nullptr || part.nelts == 0 || request->stream != nullptr) [[unlikely]] {
        read_scattered_headers(&part, context);
        return;
    }
    const std::uint64_t secrets = context.config->secret_hashes;
    const auto* const first = static_cast<const ngx_table_elt_t*>(part.elts);
    const std::uintptr_t start = address(first->key.data);
    std::uintptr_t line = start;
    std::uintptr_t odd = 0;
    for (const ngx_table_elt_t *header = first, *end = first + part.nelts; header != end; ++header) {
        odd |= address(header->key.data) ^ line;
        line += header->key.len;
        odd |= address(header->value.data) ^ (line + 2);
        line += header->value.len + 4;
        if (may_be_secret(*header, secrets)) [[unlikely]]
            note_secret(*header, static_cast<std::size_t>(header - first), context);
    }
    context.header_count = static_cast<std::uint16_t>(part.nelts);  // a part holds 20
    if (odd != 0) [[unlikely]] {
        context.headers_room += room_for(&part);
        return;
    }
    context.raw_headers_size = line - start - 2;
    context.headers_room += context.raw_headers_size;
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

namespace {

inline KeyLookup look_up_key(RequestContext& context, Worker& worker) {
    const ngx_str_t& key = context.key;
    KeyTag tag;
    if (KnownKey* const known = worker.digests.find(worker.keys.secret(), key.data, key.len, tag)) [[likely]]
        return worker.keys.find(known->digest, context.start_wall_us, context.slot, known->place);
    KnownKey known = {worker.keys.digest(key.data, key.len), 0};
    const KeyLookup found = worker.keys.find(known.digest, context.start_wall_us, context.slot, known.place);
    if (found == KeyLookup::kActive)
        worker.digests.remember(tag, known);
    return found;
}

}  // namespace

void find_caller(ngx_http_request_t* request, RequestContext& context, Worker& worker) {
    read_headers(request, context);
    read_bearer(request, context);
    if (context.key_header == nullptr && context.config->token && worker.tokens.configured()) {
        find_token_caller(request, context, worker);
        return;
    }
    if (context.key_header == nullptr) {
        context.auth = context.config->anonymous ? AuthResult::kAnonymous : AuthResult::kMissingKey;
        return;
    }
    context.auth = AuthResult::kUnknownKey;
    if (!worker.keys.available()) {
        context.key_table_missing = true;
        return;
    }
    switch (look_up_key(context, worker)) {
        [[likely]] case KeyLookup::kActive : context.auth = AuthResult::kIdentified;
        break;
        case KeyLookup::kRevoked: context.auth = AuthResult::kRevokedKey; break;
        case KeyLookup::kUnknown: break;
        case KeyLookup::kUnavailable: context.key_table_missing = true; break;
    }
}

std::uint64_t secret_hashes(const ngx_array_t& key_headers) {
    std::uint64_t hashes = 0;
    const auto add = [&hashes](ngx_uint_t hash) { hashes |= std::uint64_t{1} << (hash & 63); };
    for (const char* name : {"authorization", "proxy-authorization"}) {
        std::size_t size = std::strlen(name);
        add(ngx_hash_key(reinterpret_cast<u_char*>(const_cast<char*>(name)), size));
    }
    const auto* name = static_cast<const HeaderName*>(key_headers.elts);
    for (const auto* end = name + key_headers.nelts; name < end; ++name)
        add(name->hash);
    return hashes;
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
