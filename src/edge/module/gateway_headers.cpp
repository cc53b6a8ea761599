#include "edge/module/gateway_headers.hpp"

#include "base/siphash.hpp"
#include "edge/module/worker.hpp"

#include <cstdint>
#include <cstring>

namespace tally::edge {
namespace {

// The id of the next record of this worker.
struct AnswerId {
    std::uint64_t writer;
    std::uint64_t sequence;
};

AnswerId next_record_id(const Worker* here) {
    if (here != nullptr && here->writer_open && here->writer.last_errno() == 0)
        return {here->writer.writer(), here->writer.next_sequence()};
    const auto random64 = [] {
        return static_cast<std::uint64_t>(ngx_random()) << 32 ^ static_cast<std::uint64_t>(ngx_random());
    };
    return {random64(), random64()};
}

constexpr std::size_t kUuidSize = 36;

// The 32 hex digits of the record id in the shape of a UUID.
void put_uuid(const AnswerId& id, u_char* to) {
    static constexpr char kDigits[] = "0123456789abcdef";
    for (int i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            *to++ = '-';
        const std::uint64_t half = i < 16 ? id.writer : id.sequence;
        *to++ = static_cast<u_char>(kDigits[(half >> (60 - 4 * (i & 15))) & 0xF]);
    }
}

constexpr std::size_t kGatewayIdBytes = 11;
constexpr std::size_t kGatewayIdSize = 16;

// API Gateway's extended request id is base64 of 11 bytes; here they are a digest of the record id.
void put_gateway_id(const AnswerId& id, u_char* to) {
    const Digest128 digest = siphash128(SipKey{id.writer, id.sequence}, &id, sizeof id);
    u_char bytes[kGatewayIdBytes];
    std::memcpy(bytes, &digest, sizeof bytes);
    ngx_str_t from = {sizeof bytes, bytes};
    ngx_str_t encoded = {kGatewayIdSize, to};
    ngx_encode_base64(&encoded, &from);
}

// The list holds at most these few headers, so running out of memory is the only failure.
ngx_int_t add_header(ngx_http_request_t* request, const ngx_str_t& name, const ngx_str_t& value) {
    auto* header = static_cast<ngx_table_elt_t*>(ngx_list_push(&request->headers_out.headers));
    if (header == nullptr)
        return NGX_ERROR;
    header->hash = 1;
    header->key = name;
    header->value = value;
    header->lowcase_key = nullptr;
    return NGX_OK;
}

}  // namespace

ngx_int_t add_gateway_headers(ngx_http_request_t* request, const ngx_str_t& error_type) {
    auto* text = static_cast<u_char*>(ngx_pnalloc(request->pool, kUuidSize + kGatewayIdSize));
    if (text == nullptr)
        return NGX_ERROR;
    const AnswerId id = next_record_id(worker());
    put_uuid(id, text);
    put_gateway_id(id, text + kUuidSize);
    if (add_header(request, str("x-amzn-RequestId"), ngx_str_t{kUuidSize, text}) != NGX_OK ||
        (error_type.len != 0 && add_header(request, str("x-amzn-ErrorType"), error_type) != NGX_OK))
        return NGX_ERROR;
    return add_header(request, str("x-amz-apigw-id"), ngx_str_t{kGatewayIdSize, text + kUuidSize});
}

}  // namespace tally::edge
