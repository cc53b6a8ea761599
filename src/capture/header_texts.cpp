#include "capture/header_texts.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace tally::capture {
namespace {

// `lower` is in lower case.
bool is_name(std::string_view name, std::string_view lower) {
    return std::equal(name.begin(), name.end(), lower.begin(), lower.end(), [](char a, char b) {
        return b == (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a);
    });
}

// The fields of the well-known headers of one record, header by header.
class WellKnown {
  public:
    explicit WellKnown(RequestRecord& out) : out_(out) {}

    void see(std::string_view name, std::string_view value) {
        switch (name.size()) {
            case 4: take(name, "host", value, out_.host); break;
            case 6:
                if (!take(name, "accept", value, out_.accept))
                    take(name, "cookie", value, out_.cookie);
                break;
            case 7: take(name, "referer", value, out_.referer); break;
            case 10: take(name, "user-agent", value, out_.user_agent); break;
            case 15:
                if (!take(name, "accept-encoding", value, out_.accept_encoding) &&
                    is_name(name, "x-forwarded-for"))
                    add_forwarded(value);
                break;
            default: break;
        }
    }

    // Call after the last header.
    void finish(TextArena& texts) {
        if (forwarded_.empty())
            return;
        char* place = texts.reserve(forwarded_.size());
        std::memcpy(place, forwarded_.data(), forwarded_.size());
        texts.keep(forwarded_.size());
        out_.x_forwarded_for = {place, forwarded_.size()};
    }

  private:
    // The first of a name counts, also when it is empty.
    static bool take(std::string_view name, std::string_view lower, std::string_view value,
                     std::string_view& field) {
        if (!is_name(name, lower))
            return false;
        if (field.data() == nullptr)
            field = value;
        return true;
    }

    void add_forwarded(std::string_view value) {
        if (out_.x_forwarded_for.data() == nullptr) {
            out_.x_forwarded_for = value;
            return;
        }
        if (forwarded_.empty())
            forwarded_ = out_.x_forwarded_for;
        if (!forwarded_.empty())
            forwarded_ += ", ";
        forwarded_ += value;
    }

    RequestRecord& out_;
    std::string forwarded_;  // of several lines
};

// Takes the text before the first `mark` off `rest`, and the mark; all of it when there is none.
std::string_view take_until(std::string_view& rest, char mark) {
    const std::string_view text = rest.substr(0, rest.find(mark));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    return text;
}

}  // namespace

void decode_headers(std::string_view headers, TextArena& texts, RequestRecord& out) {
    out.headers = headers;
    WellKnown known(out);
    while (!headers.empty()) {
        std::string_view value = take_until(headers, '\n');
        const std::string_view name = take_until(value, ':');
        known.see(name, value);
    }
    known.finish(texts);
}

void decode_raw_headers(std::string_view raw, TextArena& texts, RequestRecord& out) {
    // Each header loses a byte or more, but for the last, which gets its line end.
    char* const place = texts.reserve(raw.size() + 1);
    char* at = place;
    const auto put = [&at](std::string_view text, char mark) {
        std::memcpy(at, text.data(), text.size());
        const std::string_view written(at, text.size());
        at += text.size();
        *at++ = mark;
        return written;
    };
    WellKnown known(out);
    while (!raw.empty()) {
        const std::string_view name = take_until(raw, '\0');
        if (raw.empty() || raw.front() != ' ')
            break;
        raw.remove_prefix(1);
        const std::string_view value = take_until(raw, '\0');
        if (!raw.empty())
            raw.remove_prefix(1);
        const std::string_view written = put(name, ':');
        known.see(written, put(value, '\n'));
    }
    out.headers = {place, static_cast<std::size_t>(at - place)};
    texts.keep(out.headers.size());
    known.finish(texts);
}

}  // namespace tally::capture
