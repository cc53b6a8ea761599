#include "demo/response_reader.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace tally::demo {
namespace {

bool starts_with_name(std::string_view line, std::string_view name) {
    return line.size() > name.size() &&
           std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
               return std::tolower(static_cast<unsigned char>(a)) ==
                      std::tolower(static_cast<unsigned char>(b));
           });
}

std::string_view value_of(std::string_view line) {
    line.remove_prefix(line.find(':') + 1);
    while (!line.empty() && line.front() == ' ')
        line.remove_prefix(1);
    return line;
}

}  // namespace

ResponseReader::Progress ResponseReader::feed(std::string_view bytes) {
    buffer_ += bytes;
    return parse();
}

void ResponseReader::next() {
    buffer_.erase(0, end_);
    end_ = 0;
}

bool ResponseReader::parse_head(std::string_view head) {
    status_ = 0;
    closes_ = chunked_ = false;
    content_length_ = 0;
    if (head.size() < 12 || head.substr(0, 7) != "HTTP/1.")
        return false;
    std::from_chars(head.data() + 9, head.data() + 12, status_);
    while (!head.empty()) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        if (starts_with_name(line, "content-length:")) {
            const std::string_view value = value_of(line);
            std::from_chars(value.data(), value.data() + value.size(), content_length_);
        } else if (starts_with_name(line, "transfer-encoding:")) {
            chunked_ = value_of(line) == "chunked";
        } else if (starts_with_name(line, "connection:")) {
            closes_ = value_of(line) == "close";
        }
    }
    return status_ >= 100;
}

ResponseReader::Progress ResponseReader::parse() {
    const auto head_end = buffer_.find("\r\n\r\n");
    if (head_end == std::string::npos)
        return Progress::kNeedMore;
    if (!parse_head(std::string_view(buffer_).substr(0, head_end)))
        return Progress::kBroken;
    const std::size_t body = head_end + 4;
    if (no_body_ || status_ == 204 || status_ == 304) {
        end_ = body;
        return Progress::kComplete;
    }
    if (chunked_)
        return parse_chunks(body);
    end_ = body + content_length_;
    return buffer_.size() >= end_ ? Progress::kComplete : Progress::kNeedMore;
}

ResponseReader::Progress ResponseReader::parse_chunks(std::size_t at) {
    while (true) {
        const auto line_end = buffer_.find("\r\n", at);
        if (line_end == std::string::npos)
            return Progress::kNeedMore;
        std::size_t size = 0;
        const auto parsed = std::from_chars(buffer_.data() + at, buffer_.data() + line_end, size, 16);
        if (parsed.ec != std::errc{})
            return Progress::kBroken;
        at = line_end + 2 + size + 2;
        if (buffer_.size() < at)
            return Progress::kNeedMore;
        if (size == 0) {
            end_ = at;
            return Progress::kComplete;
        }
    }
}

}  // namespace tally::demo
