#pragma once

#include "capture/segment_writer.hpp"
#include "edge/module/request_context.hpp"
#include "edge/module/worker.hpp"

#include <cstddef>

namespace tally::edge {

// The strings of a request's record: keys masked, everything else as the client sent it. Where the request
// stands in nginx's buffers in one piece it is copied in one piece, with the masks in the keys' places.
class RequestStrings {
  public:
    RequestStrings(ngx_http_request_t* request, const RequestContext& context, Worker& worker);

    // Bytes that write() may need; never less than what it writes.
    [[nodiscard]] std::size_t room() const { return room_; }

    void write(capture::RecordBuilder& record);

  private:
    [[nodiscard]] std::size_t measure() const;
    void write_whole(capture::RecordBuilder& record);
    void write_cut(capture::RecordBuilder& record);
    void write_ids(capture::RecordBuilder& record);
    unsigned char* put_request_line(capture::RecordBuilder& record, unsigned char* at) const;
    void write_request_line(capture::RecordBuilder& record);
    void write_query(capture::RecordBuilder& record, capture::StringIndex index, ngx_str_t query);
    void write_referer(capture::RecordBuilder& record, ngx_str_t referer);
    void write_masked(capture::RecordBuilder& record, capture::StringIndex index, ngx_str_t key);
    void write_charset(capture::RecordBuilder& record);
    [[nodiscard]] bool stands_in_one_piece(const ngx_table_elt_t* headers) const;
    bool write_raw_headers(capture::RecordBuilder& record);
    void write_headers(capture::RecordBuilder& record);
    void write_value(capture::RecordBuilder& record, const ngx_table_elt_t& header, std::size_t number);
    void write_secret(capture::RecordBuilder& record, const ngx_table_elt_t& header);

    ngx_http_request_t* request_;
    const RequestContext& context_;
    Worker& worker_;
    ngx_str_t stem_;
    ngx_str_t query_;
    bool query_has_key_;
    bool referer_has_key_;
    std::size_t room_;
};

}  // namespace tally::edge
