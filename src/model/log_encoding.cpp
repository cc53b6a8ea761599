#include "model/log_encoding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace tally {
namespace {

constexpr char kHexDigits[] = "0123456789ABCDEF";

constexpr std::array<bool, 256> cloudfront_encodes() {
    std::array<bool, 256> encoded{};
    for (std::size_t byte = 0; byte < encoded.size(); ++byte)
        encoded[byte] = byte <= 32 || byte >= 127;
    for (const char c : std::string_view("<>\"#%{}|\\^~[]`'"))
        encoded[static_cast<unsigned char>(c)] = true;
    return encoded;
}

constexpr std::array<bool, 256> kCloudfrontEncodes = cloudfront_encodes();

constexpr unsigned char byte_of(char c) {
    return static_cast<unsigned char>(c);
}

constexpr char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

char* write_percent(char* to, unsigned char byte) {
    *to++ = '%';
    *to++ = kHexDigits[byte >> 4];
    *to++ = kHexDigits[byte & 15];
    return to;
}

char* write_cloudfront(char* to, std::string_view text) {
    for (const char c : text) {
        if (kCloudfrontEncodes[byte_of(c)])
            to = write_percent(to, byte_of(c));
        else
            *to++ = c;
    }
    return to;
}

char* write_title_case(char* to, std::string_view name) {
    bool starts_word = true;
    for (const char c : name) {
        if (kCloudfrontEncodes[byte_of(c)])
            to = write_percent(to, byte_of(c));
        else
            *to++ = starts_word ? upper(c) : lower(c);
        starts_word = c == '-';
    }
    return to;
}

char* write_line_end(char* to) {
    return write_percent(to, '\n');
}

// Makes room for the longest outcome, lets `write` fill it, and gives back what was not needed.
template <class Write>
void append_encoded(std::size_t input_size, std::string& out, Write write) {
    const std::size_t old_size = out.size();
    out.resize(old_size + 3 * input_size + 3);
    char* const begin = out.data() + old_size;
    out.resize(old_size + static_cast<std::size_t>(write(begin) - begin));
}

// Calls visit(name, rest) for each line, `rest` starting with ':'. A line without ':' is all name, and the
// last one may lack its line end (a record's strings are cut when they do not fit).
template <class Visit>
void for_each_header(std::string_view lines, Visit visit) {
    while (!lines.empty()) {
        const std::size_t end = lines.find('\n');
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
        const std::size_t name_size = std::min(line.find(':'), line.size());
        visit(line.substr(0, name_size), line.substr(name_size));
    }
}

bool is_continuation(std::string_view text, std::size_t at) {
    return at < text.size() && (byte_of(text[at]) & 0xC0U) == 0x80U;
}

// The size of the valid UTF-8 sequence of a character that is not a control character; 0 when there is none.
std::size_t printable_sequence(std::string_view text) {
    const unsigned first = byte_of(text[0]);
    if (first < 0x80)
        return first >= 0x20 && first != 0x7F ? 1 : 0;
    const unsigned second = text.size() > 1 ? byte_of(text[1]) : 0;
    if (!is_continuation(text, 1) || first < 0xC2 || first > 0xF4)
        return 0;
    if (first < 0xE0)
        return first == 0xC2 && second < 0xA0 ? 0 : 2;  // U+0080-U+009F are control characters
    if (!is_continuation(text, 2))
        return 0;
    if (first < 0xF0) {
        const bool overlong = first == 0xE0 && second < 0xA0;
        const bool surrogate = first == 0xED && second >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    const bool overlong = first == 0xF0 && second < 0x90;
    const bool too_large = first == 0xF4 && second >= 0x90;
    return overlong || too_large || !is_continuation(text, 3) ? 0 : 4;
}

}  // namespace

bool is_plain_text(std::string_view text) {
    // Eight bytes at a time: a byte has its top bit set in `bad` when it is below 0x20, 0x7F, or above.
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    constexpr std::uint64_t kTops = 0x8080808080808080ULL;
    const char* at = text.data();
    std::size_t left = text.size();
    std::uint64_t bad = 0;
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        const std::uint64_t low = word & ~kTops;
        bad |= word | (low + kOnes) | ~(low + kOnes * 0x60);
    }
    for (; left > 0; ++at, --left)
        bad |= byte_of(*at) < 0x20 || byte_of(*at) >= 0x7F ? kTops : 0;
    return (bad & kTops) == 0;
}

void append_safe_text(std::string_view text, std::string& out) {
    append_encoded(text.size(), out, [text](char* to) mutable {
        while (!text.empty()) {
            const std::size_t size = printable_sequence(text);
            for (std::size_t i = 0; i < size; ++i)
                *to++ = text[i];
            if (size == 0)
                to = write_percent(to, byte_of(text[0]));
            text.remove_prefix(size == 0 ? 1 : size);
        }
        return to;
    });
}

void append_cloudfront_text(std::string_view text, std::string& out) {
    append_encoded(text.size(), out, [text](char* to) { return write_cloudfront(to, text); });
}

void append_cloudfront_headers(std::string_view lines, std::string& out) {
    append_encoded(lines.size(), out, [lines](char* to) {
        for_each_header(lines, [&to](std::string_view name, std::string_view rest) {
            to = write_line_end(write_cloudfront(write_title_case(to, name), rest));
        });
        return to;
    });
}

void append_cloudfront_header_names(std::string_view lines, std::string& out) {
    append_encoded(lines.size(), out, [lines](char* to) {
        for_each_header(lines, [&to](std::string_view name, std::string_view) {
            to = write_line_end(write_title_case(to, name));
        });
        return to;
    });
}

}  // namespace tally
