#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tally::demo {

// Takes the bytes of one HTTP/1.1 response after the other: status, Content-Length and chunked bodies. Only
// what a load client needs; anything else makes it kBroken.
class ResponseReader {
  public:
    enum class Progress { kNeedMore, kComplete, kBroken };

    // Appends bytes and says whether the current response is complete.
    Progress feed(std::string_view bytes);
    // Forgets the complete response; bytes behind it are kept for the next one.
    void next();

    // The coming response has no body whatever its headers say (HEAD).
    void expect_no_body(bool no_body) { no_body_ = no_body; }

    [[nodiscard]] int status() const { return status_; }

    // Bytes of the complete response on the wire, head and body.
    [[nodiscard]] std::size_t wire_size() const { return end_; }

    // The server will close the connection behind this response.
    [[nodiscard]] bool closes() const { return closes_; }

  private:
    Progress parse();
    bool parse_head(std::string_view head);
    Progress parse_chunks(std::size_t at);

    std::string buffer_;
    bool no_body_ = false;
    int status_ = 0;
    std::size_t end_ = 0;
    bool closes_ = false;
    bool chunked_ = false;
    std::size_t content_length_ = 0;
};

}  // namespace tally::demo
