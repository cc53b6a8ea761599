#include "edge/module/log_line.hpp"

namespace tally::edge {
namespace {

ngx_str_t without_query(ngx_str_t uri) {
    if (uri.data == nullptr)
        return uri;
    u_char* const end = uri.data + uri.len;
    u_char* const mark = ngx_strlchr(uri.data, end, '?');
    uri.len = static_cast<std::size_t>((mark != nullptr ? mark : end) - uri.data);
    return uri;
}

// A place in the log line that never passes its end.
class LogLine {
  public:
    LogLine(u_char* to, std::size_t room) : at_(to), end_(to + room) {}

    void add(const char* label, ngx_str_t text) { at_ = ngx_slprintf(at_, end_, "%s%V", label, &text); }

    [[nodiscard]] u_char* end() const { return at_; }

  private:
    u_char* at_;
    u_char* end_;
};

}  // namespace

u_char* log_without_secrets(ngx_http_request_t* request, ngx_http_request_t* subrequest, u_char* to,
                            std::size_t room) {
    const auto* server =
        static_cast<ngx_http_core_srv_conf_t*>(ngx_http_get_module_srv_conf(request, ngx_http_core_module));
    LogLine line(to, room);
    line.add(", server: ", server->server_name);
    line.add(", request: \"", request->method_name);
    line.add(" ", without_query(request->unparsed_uri));
    line.add("\"", ngx_str_t{0, nullptr});
    if (request != subrequest)
        line.add(", subrequest: ", subrequest->uri);
    if (const ngx_http_upstream_t* upstream = subrequest->upstream;
        upstream != nullptr && upstream->peer.name != nullptr) {
        line.add(", upstream: \"", upstream->schema);
        line.add("", *upstream->peer.name);
        line.add("", without_query(upstream->uri));
        line.add("\"", ngx_str_t{0, nullptr});
    }
    if (request->headers_in.host != nullptr)
        line.add(", host: ", request->headers_in.host->value);
    return line.end();
}

}  // namespace tally::edge
