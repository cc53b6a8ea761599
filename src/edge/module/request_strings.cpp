#include "edge/module/request_strings.hpp"

#include "edge/module/caller.hpp"
#include "edge/query_masking.hpp"

#include <cstring>

namespace tally::edge {
namespace {

using capture::RecordBuilder;
using capture::StringIndex;

// A percent-encoded key decodes to itself; nothing longer than this is one of ours.
constexpr std::size_t kKeySizeMax = 256;

void add(RecordBuilder& record, StringIndex index, const ngx_str_t& text) {
    if (text.len != 0)
        record.add(index, text.data, text.len);
}

// What a query's values may grow by when they are masked.
std::size_t masking_room(const ngx_str_t& query) {
    return query.len != 0 && has_key_parameter(query.data, query.len) ? query.len * 4 + kMaskSizeMax : 0;
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

constexpr std::size_t kSecretSchemeSize = 6;  // "Basic "

}  // namespace

RequestStrings::RequestStrings(ngx_http_request_t* request, const RequestContext& context, Worker& worker)
    : request_(request), context_(context), worker_(worker), stem_(), query_() {
    split_uri(request->unparsed_uri, stem_, query_);
}

std::size_t RequestStrings::room() const {
    const ngx_table_elt_t* referer = request_->headers_in.referer;
    const LocationConfig& config = *context_.config;
    return sizeof(KeySlot) + config.stage.len + config.edge_location.len + config.distribution.len +
           request_->uri.len + request_->method_name.len + request_->unparsed_uri.len +
           request_->headers_out.content_type.len + request_->headers_out.charset.len + 16 +
           context_.headers_room + masking_room(query_) +
           (referer != nullptr ? masking_room(referer->value) : 0);
}

void RequestStrings::write(RecordBuilder& record) {
    const LocationConfig& config = *context_.config;
    if (context_.has_slot()) {
        const KeySlot& slot = context_.slot;
        record.add(capture::kKeyId, slot.key_id, slot.key_id_size);
        record.add(capture::kCustomerId, slot.customer_id, slot.customer_id_size);
        record.add(capture::kUsagePlan, slot.usage_plan, slot.usage_plan_size);
    }
    add(record, capture::kStage, config.stage);
    add(record, capture::kResourcePath, request_->uri);
    add(record, capture::kMethod, request_->method_name);
    add(record, capture::kUriStem, stem_);
    write_query(record, capture::kUriQuery, query_);
    write_content_type(record);
    add(record, capture::kEdgeLocation, config.edge_location);
    add(record, capture::kDistribution, config.distribution);
    const auto* location =
        static_cast<ngx_http_core_loc_conf_t*>(ngx_http_get_module_loc_conf(request_, ngx_http_core_module));
    add(record, capture::kBehaviorPattern, location->name);
    write_headers(record);
}

void RequestStrings::write_masked(RecordBuilder& record, StringIndex index, ngx_str_t key) {
    const KeyMask mask = mask_of(key.data, key.len, context_, worker_);
    record.add(index, mask.text, mask.size);
}

void RequestStrings::write_query(RecordBuilder& record, StringIndex index, ngx_str_t query) {
    if (query.len == 0)
        return;
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
    add(record, capture::kContentType, out.content_type);
    if (out.content_type.len == 0 || out.content_type_len != out.content_type.len || out.charset.len == 0)
        return;
    record.add(capture::kContentType, "; charset=", 10);
    add(record, capture::kContentType, out.charset);
}

// "Name:Value\n" for each header in order. The columns' slices point into this string; one that does not fit
// into 16 bits is left out, and kFlagCut tells of it.
void RequestStrings::write_headers(RecordBuilder& record) {
    capture::FixedPart& fixed = *record.fixed;
    for (const ngx_list_part_t* part = &request_->headers_in.headers.part; part != nullptr;
         part = part->next) {
        const auto* headers = static_cast<const ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            const ngx_table_elt_t& header = headers[i];
            record.add(capture::kHeaders, header.key.data, header.key.len);
            record.add(capture::kHeaders, ":", 1);
            const std::uint16_t start = record.lengths[capture::kHeaders];
            write_value(record, header);
            const std::uint16_t stop = record.lengths[capture::kHeaders];
            const unsigned column = column_of(&header, request_->headers_in);
            if (column != capture::kHeaderIndexCount)
                fixed.header_slices[column] = {start, static_cast<std::uint16_t>(stop - start)};
            record.add(capture::kHeaders, "\n", 1);
        }
    }
    if (request_->headers_in.x_forwarded_for.nelts > 1)
        fixed.flags |= capture::kFlagManyForwarded;
}

void RequestStrings::write_value(RecordBuilder& record, const ngx_table_elt_t& header) {
    if (&header == context_.key_header || is_secret_header(header, *context_.config))
        return write_secret(record, header);
    if (&header != request_->headers_in.referer)
        return add(record, capture::kHeaders, header.value);
    ngx_str_t page = {};
    ngx_str_t query = {};
    split_uri(header.value, page, query);
    add(record, capture::kHeaders, page);
    if (query.data != nullptr)
        record.add(capture::kHeaders, "?", 1);
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
