#include "edge/module/cache_key.hpp"

#include "edge/module/config.hpp"
#include "edge/query_masking.hpp"

#include <cstring>

namespace tally::edge {
namespace {

constexpr std::size_t kParameterNameMax = 128;

// Counts on its first use, writes on its second.
class KeyText {
  public:
    explicit KeyText(u_char* to) : to_(to) {}

    void add(const void* data, std::size_t size) {
        if (to_ != nullptr && size != 0)
            std::memcpy(to_ + size_, data, size);
        size_ += size;
    }

    void add(const ngx_str_t& text) { add(text.data, text.len); }

    void add(char c) { add(&c, 1); }

    // 32 hex digits.
    void add(const Digest128& digest) {
        add_hex(digest.high);
        add_hex(digest.low);
    }

    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    void add_hex(std::uint64_t value) {
        static constexpr char kDigits[] = "0123456789abcdef";
        for (int shift = 60; shift >= 0; shift -= 4)
            add(kDigits[(value >> shift) & 0xF]);
    }

    u_char* to_;
    std::size_t size_ = 0;
};

// Without the key table's secret another one of this worker, so that no answer is found under it later.
Digest128 digest_of(const ngx_str_t& value, const Worker& worker) {
    if (worker.keys.available())
        return worker.keys.digest(value.data, value.len);
    return siphash128(SipKey{worker.writer.writer(), 0}, value.data, value.len);
}

bool is_named_parameter(const u_char* at, const u_char* stop, const ngx_array_t& names) {
    const void* equal = std::memchr(at, '=', static_cast<std::size_t>(stop - at));
    const u_char* const name_end = equal != nullptr ? static_cast<const u_char*>(equal) : stop;
    u_char name[kParameterNameMax + 1];
    const std::size_t size = percent_decode(at, static_cast<std::size_t>(name_end - at), name, sizeof name);
    const auto* wanted = static_cast<const ngx_str_t*>(names.elts);
    for (ngx_uint_t i = 0; i < names.nelts; ++i) {
        if (wanted[i].len == size && std::memcmp(wanted[i].data, name, size) == 0)
            return true;
    }
    return false;
}

void add_query(KeyText& text, const ngx_str_t& query, const Worker& worker) {
    QueryPieces pieces(query.data, query.len);
    for (QueryPiece piece; pieces.next(piece);) {
        if (piece.is_key)
            text.add(digest_of(ngx_str_t{piece.size, const_cast<u_char*>(piece.data)}, worker));
        else
            text.add(piece.data, piece.size);
    }
}

// Every occurrence of a named parameter, in the request's order: which of them counts is the upstream's
// choice.
void add_named_parameters(KeyText& text, const ngx_str_t& query, const ngx_array_t& names,
                          const Worker& worker) {
    u_char* at = query.data;
    u_char* const end = query.data + query.len;
    while (at < end) {
        u_char* stop = at;
        while (stop < end && *stop != '&' && *stop != ';')
            ++stop;
        if (is_named_parameter(at, stop, names)) {
            add_query(text, ngx_str_t{static_cast<std::size_t>(stop - at), at}, worker);
            text.add('&');
        }
        at = stop + 1;
    }
}

void add_headers(KeyText& text, const ngx_http_request_t* request, const ngx_array_t& names,
                 const Worker& worker) {
    const auto* name = static_cast<const HeaderName*>(names.elts);
    for (const auto* last = name + names.nelts; name < last; ++name) {
        for (const ngx_list_part_t* part = &request->headers_in.headers.part; part != nullptr;
             part = part->next) {
            const auto* header = static_cast<const ngx_table_elt_t*>(part->elts);
            for (const auto* end = header + part->nelts; header < end; ++header) {
                if (!is_named(*header, *name))
                    continue;
                text.add('\n');
                text.add(name->name);
                text.add(':');
                text.add(digest_of(header->value, worker));
            }
        }
    }
}

void split(const ngx_http_request_t* request, ngx_str_t& path, ngx_str_t& query) {
    path = request->uri;
    query = request->args;
    // As proxy_pass: what the client sent, or what an internal redirect made of it.
    if (!request->valid_unparsed_uri)
        return;
    path = request->unparsed_uri;
    if (auto* mark = static_cast<u_char*>(std::memchr(path.data, '?', path.len)))
        path.len = static_cast<std::size_t>(mark - path.data);
}

void write(KeyText& text, const ngx_http_request_t* request, const Worker& worker) {
    const CacheConfig& config = location_config(const_cast<ngx_http_request_t*>(request))->cache;
    ngx_str_t path = {};
    ngx_str_t query = {};
    split(request, path, query);
    text.add(request->connection->ssl != nullptr ? str("https://") : str("http://"));
    if (const ngx_table_elt_t* host = request->headers_in.host)
        text.add(host->value);
    text.add(path);
    text.add('?');
    if (config.key_query == kQueryAll)
        add_query(text, query, worker);
    else if (config.key_query == kQueryNamed)
        add_named_parameters(text, query, *config.key_query_names, worker);
    if (config.key_headers != nullptr)
        add_headers(text, request, *config.key_headers, worker);
}

}  // namespace

ngx_str_t cache_key(const ngx_http_request_t* request, const Worker& worker) {
    KeyText counted(nullptr);
    write(counted, request, worker);
    auto* memory = static_cast<u_char*>(ngx_pnalloc(request->pool, counted.size()));
    if (memory == nullptr)
        return {0, nullptr};
    KeyText written(memory);
    write(written, request, worker);
    return {written.size(), memory};
}

}  // namespace tally::edge
