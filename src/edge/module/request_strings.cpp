#include "edge/module/request_strings.hpp"

#include "edge/module/caller.hpp"
#include "edge/module/record_text.hpp"
#include "edge/query_masking.hpp"

#include <cstring>

namespace tally::edge {
namespace {

using capture::RecordBuilder;
using capture::StringIndex;

// A percent-encoded key decodes to itself; nothing longer than this is one of ours.
constexpr std::size_t kKeySizeMax = 256;

inline void put_text(RecordBuilder& record, StringIndex index, const ngx_str_t& text) {
    put(record, index, text.data, text.len);
}

void put_id(RecordBuilder& record, StringIndex index, const char* text, std::size_t size) {
    put(record, index, reinterpret_cast<const unsigned char*>(text), size);
}

// What a text's query values may grow by when they are masked.
std::size_t masking_room(const ngx_str_t& text) {
    return text.len * 4 + kMaskSizeMax;
}

// Splits at the first '?'.
void split_uri(const ngx_str_t& uri, ngx_str_t& stem, ngx_str_t& query) {
    stem = uri;
    query = ngx_str_t{0, nullptr};
    if (uri.len == 0)
        return;
    if (auto* mark = static_cast<u_char*>(std::memchr(uri.data, '?', uri.len))) {
        stem.len = static_cast<std::size_t>(mark - uri.data);
        query.data = mark + 1;
        query.len = uri.len - stem.len - 1;
    }
}

const ngx_http_core_loc_conf_t& core_location(ngx_http_request_t* request) {
    return *static_cast<const ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(request, ngx_http_core_module));
}

const ngx_table_elt_t* first_of(const ngx_array_t& headers) {
    return headers.nelts != 0 ? static_cast<ngx_table_elt_t* const*>(headers.elts)[0] : nullptr;
}

// Which of the headers that have a column of their own this is; kHeaderIndexCount for the others. The length
// of the name decides whom to compare with.
unsigned column_of(const ngx_table_elt_t* header, const ngx_http_headers_in_t& known) {
    switch (header->key.len) {
        case 4: return header == known.host ? capture::kHost : capture::kHeaderIndexCount;
        case 10: return header == known.user_agent ? capture::kUserAgent : capture::kHeaderIndexCount;
        case 7: return header == known.referer ? capture::kReferer : capture::kHeaderIndexCount;
        case 6:
            if (header == known.accept)
                return capture::kAccept;
            return header == first_of(known.cookies) ? capture::kCookie : capture::kHeaderIndexCount;
        case 15:
            if (header == known.accept_encoding)
                return capture::kAcceptEncoding;
            return header == first_of(known.x_forwarded_for) ? capture::kXForwardedFor
                                                             : capture::kHeaderIndexCount;
        default: return capture::kHeaderIndexCount;
    }
}

constexpr unsigned char kColon[] = {':'};
constexpr unsigned char kNewline[] = {'\n'};
constexpr std::size_t kSecretSchemeSize = 6;  // "Basic "

}  // namespace

RequestStrings::RequestStrings(ngx_http_request_t* request, const RequestContext& context, Worker& worker)
    : request_(request),
      context_(context),
      worker_(worker),
      stem_(),
      query_(),
      query_has_key_(false),
      referer_has_key_(false) {
    split_uri(request->unparsed_uri, stem_, query_);
    query_has_key_ = has_key_parameter(query_.data, query_.len);
    if (const ngx_table_elt_t* referer = request->headers_in.referer) {
        ngx_str_t page = {};
        ngx_str_t query = {};
        split_uri(referer->value, page, query);
        referer_has_key_ = has_key_parameter(query.data, query.len);
    }
}

std::size_t RequestStrings::room() const {
    const LocationConfig& config = *context_.config;
    return sizeof(KeySlot) + context_.principal.len + config.stage.len + config.edge_location.len +
           config.distribution.len + config.behavior.len + core_location(request_).name.len +
           request_->uri.len + request_->method_name.len + request_->unparsed_uri.len +
           request_->headers_out.content_type.len + request_->headers_out.charset.len + 16 +
           context_.headers_room + dimensions_room(config.dimensions) +
           (query_has_key_ ? masking_room(query_) : 0) +
           (referer_has_key_ ? masking_room(request_->headers_in.referer->value) : 0);
}

void RequestStrings::write(RecordBuilder& record) {
    const LocationConfig& config = *context_.config;
    if (context_.has_slot()) {
        const KeySlot& slot = context_.slot;
        put_id(record, capture::kKeyId, slot.key_id, slot.key_id_size);
        put_id(record, capture::kCustomerId, slot.customer_id, slot.customer_id_size);
        put_id(record, capture::kUsagePlan, slot.usage_plan, slot.usage_plan_size);
    }
    put_text(record, capture::kStage, config.stage);
    put_text(record, capture::kResourcePath, request_->uri);
    put_text(record, capture::kMethod, request_->method_name);
    put_text(record, capture::kUriStem, stem_);
    if (query_has_key_)
        write_query(record, capture::kUriQuery, query_);
    else
        put_text(record, capture::kUriQuery, query_);
    write_content_type(record);
    put_text(record, capture::kEdgeLocation, config.edge_location);
    put_text(record, capture::kDistribution, config.distribution);
    write_behavior_pattern(record);
    write_headers(record);
    put_text(record, capture::kPrincipal, context_.principal);
    write_dimensions(*request_, config.dimensions, record);
}

// CloudFront's name for the behaviour that takes what no other one does is "*".
void RequestStrings::write_behavior_pattern(RecordBuilder& record) {
    const ngx_str_t configured = context_.config->behavior;
    const ngx_str_t name = configured.len != 0 ? configured : core_location(request_).name;
    if (name.len == 1 && name.data[0] == '/')
        record.add(capture::kBehaviorPattern, "*", 1);
    else
        put_text(record, capture::kBehaviorPattern, name);
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
void RequestStrings::write_content_type(RecordBuilder& record) {
    const ngx_http_headers_out_t& out = request_->headers_out;
    put_text(record, capture::kContentType, out.content_type);
    if (out.content_type.len == 0 || out.content_type_len != out.content_type.len || out.charset.len == 0)
        return;
    record.add(capture::kContentType, "; charset=", 10);
    put_text(record, capture::kContentType, out.charset);
}

// "Name:Value\n" for each header in order. The columns' slices point into this string.
void RequestStrings::write_headers(RecordBuilder& record) {
    std::size_t number = 0;
    for (const ngx_list_part_t* part = &request_->headers_in.headers.part; part != nullptr;
         part = part->next) {
        const auto* header = static_cast<const ngx_table_elt_t*>(part->elts);
        for (const auto* end = header + part->nelts; header < end; ++header, ++number) {
            put_text(record, capture::kHeaders, header->key);
            put(record, capture::kHeaders, kColon, 1);
            const std::uint16_t start = record.lengths[capture::kHeaders];
            write_value(record, *header, number);
            const std::uint16_t stop = record.lengths[capture::kHeaders];
            const unsigned column = column_of(header, request_->headers_in);
            if (column != capture::kHeaderIndexCount)
                record.fixed->header_slices[column] = {start, static_cast<std::uint16_t>(stop - start)};
            put(record, capture::kHeaders, kNewline, 1);
        }
    }
    if (request_->headers_in.x_forwarded_for.nelts > 1)
        record.fixed->flags |= capture::kFlagManyForwarded;
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
    ngx_str_t page = {};
    ngx_str_t query = {};
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
