#include "base/json_writer.hpp"

#include "base/assert.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

namespace tally {
namespace {

// How many bytes the UTF-8 sequence at `at` has; 0 when there is none (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) -> unsigned {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned lead = byte(0);
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return follows(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
        return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const bool overlong = lead == 0xF0 && byte(1) < 0x90;
        const bool too_large = lead == 0xF4 && byte(1) >= 0x90;
        return follows(1) && follows(2) && follows(3) && !overlong && !too_large ? 4 : 0;
    }
    return 0;
}

void append_control(std::string& out, unsigned char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(c));
    out += buffer;
}

void append_escaped(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F) {
            append_control(out, c);
            ++i;
        } else if (const std::size_t length = utf8_length(text, i); length > 0) {
            out.append(text, i, length);
            i += length;
        } else {
            out += "\xEF\xBF\xBD";
            ++i;
        }
    }
}

}  // namespace

void JsonWriter::before_value() {
    if (std::exchange(after_key_, false))
        return;
    TALLY_ASSERT(levels_.empty() || levels_.back() == Level::kArray, "a member needs its key first");
    if (!std::exchange(first_, false))
        out_ += ',';
}

JsonWriter& JsonWriter::begin_object() {
    before_value();
    out_ += '{';
    levels_.push_back(Level::kObject);
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::end_object() {
    TALLY_ASSERT(!levels_.empty() && levels_.back() == Level::kObject, "no object is open");
    levels_.pop_back();
    out_ += '}';
    first_ = false;
    return *this;
}

JsonWriter& JsonWriter::begin_array() {
    before_value();
    out_ += '[';
    levels_.push_back(Level::kArray);
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::end_array() {
    TALLY_ASSERT(!levels_.empty() && levels_.back() == Level::kArray, "no array is open");
    levels_.pop_back();
    out_ += ']';
    first_ = false;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    TALLY_ASSERT(!levels_.empty() && levels_.back() == Level::kObject && !after_key_, "no object is open");
    if (!std::exchange(first_, false))
        out_ += ',';
    out_ += '"';
    append_escaped(out_, name);
    out_ += "\":";
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
    before_value();
    out_ += '"';
    append_escaped(out_, text);
    out_ += '"';
    return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) {
    before_value();
    out_ += std::to_string(value);
    return *this;
}

JsonWriter& JsonWriter::number(double value) {
    if (!std::isfinite(value))
        return null();
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
    return raw(std::string_view(buffer, static_cast<std::size_t>(end.ptr - buffer)));
}

JsonWriter& JsonWriter::boolean(bool value) {
    return raw(value ? "true" : "false");
}

JsonWriter& JsonWriter::null() {
    return raw("null");
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    before_value();
    out_ += json;
    return *this;
}

std::string JsonWriter::take() {
    TALLY_ASSERT(levels_.empty(), "an object or array is still open");
    first_ = true;
    return std::exchange(out_, {});
}

}  // namespace tally
