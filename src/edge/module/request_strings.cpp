#include "edge/module/request_strings.hpp"

#include "edge/byte_search.hpp"
#include "edge/module/caller.hpp"
#include "edge/module/record_text.hpp"
#include "edge/query_masking.hpp"

namespace tally::edge {
namespace {

using capture::RecordBuilder;
using capture::StringIndex;

// A percent-encoded key decodes to itself; nothing longer than this is one of ours.
constexpr std::size_t kKeySizeMax = 256;

inline void put_text(RecordBuilder& record, StringIndex index, const ngx_str_t& text) {
    put(record, index, text.data, text.len);
}

inline void add_text(RecordBuilder& record, StringIndex index, const ngx_str_t& text) {
    record.add(index, text.data, text.len);
}

// What a text's query values may grow by when they are masked.
std::size_t masking_room(const ngx_str_t& text) {
    return text.len * 4 + kMaskSizeMax;
}

// Splits at the first '?'.
void split_uri(const ngx_str_t& uri, ngx_str_t& stem, ngx_str_t& query) {
    stem = uri;
    query = ngx_str_t{0, nullptr};
    stem.len = static_cast<std::size_t>(find_byte(uri.data, uri.data + uri.len, '?') - uri.data);
    if (stem.len < uri.len) {
        query.data = uri.data + stem.len + 1;
        query.len = uri.len - stem.len - 1;
    }
}

// The same for the request's own, whose '?' nginx has found already unless something in the path made it look
// closer.
void split_own_uri(const ngx_http_request_t* request, ngx_str_t& stem, ngx_str_t& query) {
    const ngx_str_t uri = request->unparsed_uri;
    if (request->complex_uri || request->quoted_uri) {
        split_uri(uri, stem, query);
        return;
    }
    stem = uri;
    query = ngx_str_t{0, nullptr};
    u_char* const start = request->args_start;
    if (start > uri.data && start <= uri.data + uri.len) {
        stem.len = static_cast<std::size_t>(start - uri.data) - 1;
        query.data = start;
        query.len = uri.len - stem.len - 1;
    }
}

constexpr unsigned char kColon[] = {':'};
constexpr unsigned char kNewline[] = {'\n'};
constexpr std::size_t kSecretSchemeSize = 6;  // "Basic "
// How far a block may reach beyond the string in it; room is asked for with this on top.
constexpr std::size_t kReachMax = 32;
static_assert(kConstantsBlock <= kReachMax && sizeof(KeyRecord::key_id) <= kReachMax &&
              sizeof(KeyRecord::customer_id) <= kReachMax);

// One string that is known to fit; returns the place behind it.
[[gnu::always_inline]] inline unsigned char* put_short(const ngx_str_t& text, unsigned char* at,
                                                       std::uint16_t& length) {
    copy_bytes(at, text.data, text.len);
    length = static_cast<std::uint16_t>(text.len);
    return at + text.len;
}

inline unsigned char* put_id_blocks(const KeySlot& slot, unsigned char* at, std::uint16_t* lengths) {
    __builtin_memcpy(at, slot.key_id, sizeof slot.key_id);
    at += slot.key_id_size;
    __builtin_memcpy(at, slot.customer_id, sizeof slot.customer_id);
    at += slot.customer_id_size;
    lengths[capture::kKeyId] = slot.key_id_size;
    lengths[capture::kCustomerId] = slot.customer_id_size;
    return put_short(slot.usage_plan, at, lengths[capture::kUsagePlan]);
}

}  // namespace

RequestStrings::RequestStrings(ngx_http_request_t* request, const RequestContext& context, Worker& worker)
    : request_(request), context_(context), worker_(worker), query_has_key_(false), referer_has_key_(false) {
    split_own_uri(request, stem_, query_);
    query_has_key_ = has_key_parameter(query_.data, query_.len);
    if (const ngx_table_elt_t* referer = request->headers_in.referer) {
        ngx_str_t page;
        ngx_str_t query;
        split_uri(referer->value, page, query);
        referer_has_key_ = query.len != 0 && has_key_parameter(query.data, query.len);
    }
    room_ = measure();
}

std::size_t RequestStrings::measure() const {
    std::size_t room = sizeof(KeyRecord) + kReachMax + context_.slot.usage_plan.len + context_.principal.len +
                       context_.config->constants.size + request_->uri.len + request_->method_name.len +
                       request_->unparsed_uri.len + request_->headers_out.content_type.len +
                       request_->headers_out.charset.len + 16 + context_.headers_room +
                       dimensions_room(context_.config->dimensions);
    if (query_has_key_) [[unlikely]]
        room += masking_room(query_);
    if (referer_has_key_) [[unlikely]]
        room += masking_room(request_->headers_in.referer->value);
    return room;
}

// Where all that may be written fits, nothing needs to be asked string by string.
void RequestStrings::write(RecordBuilder& record) {
    if (room_ <= capture::kStringSizeMax && room_ <= static_cast<std::size_t>(record.end - record.strings))
        write_whole(record);
    else
        write_cut(record);
}

// Ids and constants are copied in blocks, which reach beyond the ends of the strings that they hold. What
// follows overwrites that; behind the last string it is wiped.
void RequestStrings::write_whole(RecordBuilder& record) {
    unsigned char* at = record.strings;
    if (context_.has_slot()) [[likely]]
        at = put_id_blocks(context_.slot, at, record.lengths);
    at = put_short(context_.principal, at, record.lengths[capture::kPrincipal]);
    const RecordConstants& constants = context_.config->constants;
    for (std::size_t done = 0; done < constants.size; done += kConstantsBlock)
        __builtin_memcpy(at + done, constants.bytes + done, kConstantsBlock);
    __builtin_memcpy(record.lengths + capture::kStage, &constants.lengths, sizeof constants.lengths);
    at += constants.size;
    if (request_->method_name.data + request_->method_name.len + 1 == stem_.data && !query_has_key_)
        [[likely]] {
        at = put_request_line(record, at);
    } else {
        record.strings = at;
        write_request_line(record);
        at = record.strings;
    }
    at = put_short(request_->headers_out.content_type, at, record.lengths[capture::kContentType]);
    record.strings = at;
    if (request_->headers_out.charset.len != 0)
        write_charset(record);
    if (context_.config->dimensions.names != nullptr)
        write_dimensions(*request_, context_.config->dimensions, record);
    if (!write_raw_headers(record)) [[unlikely]]
        write_headers(record);
    __builtin_memset(record.strings, 0, kReachMax);
}

// In HTTP/1.x method, path and query stand in one piece, and the path mostly is the resource path, too.
inline unsigned char* RequestStrings::put_request_line(RecordBuilder& record, unsigned char* at) const {
    const ngx_str_t& method = request_->method_name;
    const std::size_t size = method.len + 1 + stem_.len + (query_.len != 0 ? query_.len + 1 : 0);
    copy_bytes(at, method.data, size);
    at += size;
    std::uint16_t* const lengths = record.lengths;
    lengths[capture::kMethod] = static_cast<std::uint16_t>(method.len);
    lengths[capture::kUriStem] = static_cast<std::uint16_t>(stem_.len);
    lengths[capture::kUriQuery] = static_cast<std::uint16_t>(query_.len);
    record.fixed->flags |= capture::kFlagRequestLine;
    if (request_->uri.data == stem_.data && request_->uri.len == stem_.len) {
        record.fixed->flags |= capture::kFlagPathIsStem;
        return at;
    }
    return put_short(request_->uri, at, lengths[capture::kResourcePath]);
}

void RequestStrings::write_cut(RecordBuilder& record) {
    const LocationConfig& config = *context_.config;
    write_ids(record);
    const u_char* constant = config.constants.bytes;
    for (unsigned i = 0; i < 4; ++i) {
        const auto size = static_cast<std::uint16_t>(config.constants.lengths >> (16 * i));
        record.add(static_cast<StringIndex>(capture::kStage + i), constant, size);
        constant += size;
    }
    write_request_line(record);
    add_text(record, capture::kContentType, request_->headers_out.content_type);
    write_charset(record);
    write_dimensions(*request_, config.dimensions, record);
    write_headers(record);
}

void RequestStrings::write_ids(RecordBuilder& record) {
    if (context_.has_slot()) {
        const KeySlot& slot = context_.slot;
        const auto put_id = [&record](StringIndex index, const char* text, std::size_t size) {
            put(record, index, reinterpret_cast<const unsigned char*>(text), size);
        };
        put_id(capture::kKeyId, slot.key_id, slot.key_id_size);
        put_id(capture::kCustomerId, slot.customer_id, slot.customer_id_size);
        put_text(record, capture::kUsagePlan, slot.usage_plan);
    }
    put_text(record, capture::kPrincipal, context_.principal);
}

void RequestStrings::write_request_line(RecordBuilder& record) {
    add_text(record, capture::kMethod, request_->method_name);
    add_text(record, capture::kUriStem, stem_);
    if (query_has_key_)
        write_query(record, capture::kUriQuery, query_);
    else
        add_text(record, capture::kUriQuery, query_);
    add_text(record, capture::kResourcePath, request_->uri);
}

void RequestStrings::write_masked(RecordBuilder& record, StringIndex index, ngx_str_t key) {
    const KeyMask mask = mask_of(key.data, key.len, context_, worker_);
    record.add(index, mask.text, mask.size);
}

void RequestStrings::write_query(RecordBuilder& record, StringIndex index, ngx_str_t query) {
    QueryPieces pieces(query.data, query.len);
    for (QueryPiece piece; pieces.next(piece);) {
        if (!piece.is_key) {
            record.add(index, piece.data, piece.size);
            continue;
        }
        u_char key[kKeySizeMax];
        const std::size_t size = percent_decode(piece.data, piece.size, key, sizeof key);
        write_masked(record, index, ngx_str_t{size, key});
    }
}

// nginx keeps the charset apart when the content type came without one.
void RequestStrings::write_charset(RecordBuilder& record) {
    const ngx_http_headers_out_t& out = request_->headers_out;
    if (out.charset.len == 0 || out.content_type.len == 0 || out.content_type_len != out.content_type.len)
        return;
    record.add(capture::kContentType, "; charset=", 10);
    add_text(record, capture::kContentType, out.charset);
}

// Whether the lines still stand where they were found in one piece: a module may have given a header another
// value since.
bool RequestStrings::stands_in_one_piece(const ngx_table_elt_t* headers) const {
    const u_char* const start = headers->key.data;
    const ngx_table_elt_t& last = headers[context_.header_count - 1];
    bool same = last.value.data + last.value.len == start + context_.raw_headers_size;
    for (std::uint64_t secrets = context_.secret_headers; secrets != 0; secrets &= secrets - 1) {
        const ngx_str_t& secret = headers[__builtin_ctzll(secrets)].value;
        same = same && secret.data > start && secret.data + secret.len <= start + context_.raw_headers_size;
    }
    return same;
}

// The client's lines as they stand in nginx's buffer, from the first name to the last value, with masks in
// the places of the secrets, which are never copied. False, and nothing written, where that is not possible.
bool RequestStrings::write_raw_headers(RecordBuilder& record) {
    const auto* headers = static_cast<const ngx_table_elt_t*>(request_->headers_in.headers.part.elts);
    if (context_.raw_headers_size == 0 || referer_has_key_ || !stands_in_one_piece(headers))
        return false;
    const u_char* from = headers->key.data;
    const u_char* const end = from + context_.raw_headers_size;
    unsigned char* const start = record.strings;
    for (std::uint64_t secrets = context_.secret_headers; secrets != 0; secrets &= secrets - 1) {
        const ngx_table_elt_t& header = headers[__builtin_ctzll(secrets)];
        const auto before = static_cast<std::size_t>(header.value.data - from);
        copy_bytes(record.strings, from, before);
        record.strings += before;
        if (&header == context_.key_header && header.value.len == context_.key.len && context_.has_slot()) {
            __builtin_memcpy(record.strings, context_.slot.key_id, sizeof context_.slot.key_id);
            record.strings += context_.slot.key_id_size;
        } else {
            write_secret(record, header);
        }
        from = header.value.data + header.value.len;
    }
    const auto rest = static_cast<std::size_t>(end - from);
    copy_bytes(record.strings, from, rest);
    record.strings += rest;
    record.lengths[capture::kHeaders] = static_cast<std::uint16_t>(record.strings - start);
    record.fixed->flags |= capture::kFlagRawHeaders;
    return true;
}

// "Name:Value\n" for each header in order.
void RequestStrings::write_headers(RecordBuilder& record) {
    std::size_t number = 0;
    for (const ngx_list_part_t* part = &request_->headers_in.headers.part; part != nullptr;
         part = part->next) {
        const auto* header = static_cast<const ngx_table_elt_t*>(part->elts);
        for (const auto* end = header + part->nelts; header < end; ++header, ++number) {
            put_text(record, capture::kHeaders, header->key);
            put(record, capture::kHeaders, kColon, 1);
            write_value(record, *header, number);
            put(record, capture::kHeaders, kNewline, 1);
        }
    }
}

inline void RequestStrings::write_value(RecordBuilder& record, const ngx_table_elt_t& header,
                                        std::size_t number) {
    if (is_secret_header(header, number, context_))
        write_secret(record, header);
    else if (referer_has_key_ && &header == request_->headers_in.referer)
        write_referer(record, header.value);
    else
        put_text(record, capture::kHeaders, header.value);
}

void RequestStrings::write_referer(RecordBuilder& record, ngx_str_t referer) {
    ngx_str_t page;
    ngx_str_t query;
    split_uri(referer, page, query);
    ++page.len;  // with the '?', which is there because the query is
    put_text(record, capture::kHeaders, page);
    write_query(record, capture::kHeaders, query);
}

// The name of the scheme is kept: it tells what kind of credential was sent.
void RequestStrings::write_secret(RecordBuilder& record, const ngx_table_elt_t& header) {
    static u_char basic[] = "Basic ";
    ngx_str_t secret = bearer_token(header.value);
    if (secret.data == nullptr && header.value.len > kSecretSchemeSize &&
        ngx_strncasecmp(header.value.data, basic, kSecretSchemeSize) == 0)
        secret = ngx_str_t{header.value.len - kSecretSchemeSize, header.value.data + kSecretSchemeSize};
    if (secret.data != nullptr)
        record.add(capture::kHeaders, header.value.data,
                   static_cast<std::size_t>(secret.data - header.value.data));
    else
        secret = header.value;
    if (secret.len != 0)
        write_masked(record, capture::kHeaders, secret);
}

}  // namespace tally::edge
