#include "edge/token/json_document.hpp"

namespace tally::edge {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

unsigned char byte_at(const char* at) {
    return static_cast<unsigned char>(*at);
}

char as_char(std::uint32_t bits) {
    return static_cast<char>(static_cast<unsigned char>(bits));
}

void put_utf8(std::uint32_t code, char*& to) {
    if (code < 0x80) {
        *to++ = as_char(code);
        return;
    }
    if (code < 0x800) {
        *to++ = as_char(0xC0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *to++ = as_char(0xE0 | code >> 12);
        } else {
            *to++ = as_char(0xF0 | code >> 18);
            *to++ = as_char(0x80 | (code >> 12 & 0x3F));
        }
        *to++ = as_char(0x80 | (code >> 6 & 0x3F));
    }
    *to++ = as_char(0x80 | (code & 0x3F));
}

}  // namespace

bool JsonDocument::parse(char* text, std::size_t size) {
    at_ = text;
    end_ = text + size;
    count_ = 0;
    skip_blanks();
    if (!parse_value({}, 0))
        return false;
    skip_blanks();
    return at_ == end_;
}

const JsonNode* JsonDocument::first(const JsonNode& container) const {
    const std::size_t child = index_of(container) + 1;
    return child < container.end ? &nodes_[child] : nullptr;
}

const JsonNode* JsonDocument::next(const JsonNode& container, const JsonNode& child) const {
    return child.end < container.end ? &nodes_[child.end] : nullptr;
}

const JsonNode* JsonDocument::find(const JsonNode& object, std::string_view name) const {
    if (object.type != JsonType::kObject)
        return nullptr;
    for (const JsonNode* member = first(object); member != nullptr; member = next(object, *member))
        if (member->name == name)
            return member;
    return nullptr;
}

bool JsonDocument::add(std::string_view name, JsonType type) {
    if (count_ == kNodesMax)
        return false;
    JsonNode& node = nodes_[count_++];
    node.name = name;
    node.text = {};
    node.type = type;
    node.end = static_cast<std::uint16_t>(count_);
    return true;
}

// The members before the one that is being read.
bool JsonDocument::has_member(std::size_t object, std::string_view name) const {
    for (std::size_t i = object + 1; i < count_; i = nodes_[i].end)
        if (nodes_[i].name == name)
            return true;
    return false;
}

bool JsonDocument::parse_value(std::string_view name, unsigned depth) {
    if (at_ == end_ || depth > kDepthMax)
        return false;
    const std::size_t self = count_;
    switch (*at_) {
        case '{': return add(name, JsonType::kObject) && parse_object(self, depth);
        case '[': return add(name, JsonType::kArray) && parse_array(self, depth);
        case '"': return add(name, JsonType::kString) && parse_string(nodes_[self].text);
        case 't': return add(name, JsonType::kTrue) && parse_literal("true", 4);
        case 'f': return add(name, JsonType::kFalse) && parse_literal("false", 5);
        case 'n': return add(name, JsonType::kNull) && parse_literal("null", 4);
        default: return add(name, JsonType::kNumber) && parse_number(nodes_[self].text);
    }
}

bool JsonDocument::parse_object(std::size_t self, unsigned depth) {
    ++at_;
    skip_blanks();
    std::size_t members = 0;
    for (bool more = !take('}'); more; more = !take('}')) {
        if (members++ != 0) {
            if (!take(','))
                return false;
            skip_blanks();
        }
        std::string_view name;
        if (members > kMembersMax || !parse_string(name) || has_member(self, name))
            return false;
        skip_blanks();
        if (!take(':'))
            return false;
        skip_blanks();
        if (!parse_value(name, depth + 1))
            return false;
        skip_blanks();
    }
    nodes_[self].end = static_cast<std::uint16_t>(count_);
    return true;
}

bool JsonDocument::parse_array(std::size_t self, unsigned depth) {
    ++at_;
    skip_blanks();
    bool is_first = true;
    for (bool more = !take(']'); more; more = !take(']'), is_first = false) {
        if (!is_first && !take(','))
            return false;
        skip_blanks();
        if (!parse_value({}, depth + 1))
            return false;
        skip_blanks();
    }
    nodes_[self].end = static_cast<std::uint16_t>(count_);
    return true;
}

// No unescaped character is shorter than its escape, so the text goes where it was read from.
bool JsonDocument::parse_string(std::string_view& out) {
    if (!take('"'))
        return false;
    const char* const start = at_;
    char* to = at_;
    while (at_ < end_ && *at_ != '"') {
        if (*at_ == '\\') {
            if (!parse_escape(to))
                return false;
        } else if (!copy_utf8(to)) {
            return false;
        }
    }
    out = std::string_view(start, static_cast<std::size_t>(to - start));
    return take('"');
}

bool JsonDocument::parse_escape(char*& to) {
    ++at_;
    if (at_ == end_)
        return false;
    switch (*at_++) {
        case '"': *to++ = '"'; return true;
        case '\\': *to++ = '\\'; return true;
        case '/': *to++ = '/'; return true;
        case 'b': *to++ = '\b'; return true;
        case 'f': *to++ = '\f'; return true;
        case 'n': *to++ = '\n'; return true;
        case 'r': *to++ = '\r'; return true;
        case 't': *to++ = '\t'; return true;
        case 'u': return parse_unicode_escape(to);
        default: return false;
    }
}

bool JsonDocument::parse_unicode_escape(char*& to) {
    std::uint32_t code = 0;
    if (!parse_hex4(code) || code == 0 || (code >= 0xDC00 && code <= 0xDFFF))
        return false;
    if (code >= 0xD800 && code <= 0xDBFF) {
        std::uint32_t low = 0;
        if (!take('\\') || !take('u') || !parse_hex4(low) || low < 0xDC00 || low > 0xDFFF)
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    put_utf8(code, to);
    return true;
}

bool JsonDocument::parse_hex4(std::uint32_t& out) {
    if (end_ - at_ < 4)
        return false;
    out = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
        const char lower = as_char(byte_at(at_) | 0x20U);
        const bool letter = lower >= 'a' && lower <= 'f';
        if (!is_digit(*at_) && !letter)
            return false;
        out = out << 4 | static_cast<std::uint32_t>(letter ? lower - 'a' + 10 : *at_ - '0');
    }
    return true;
}

// One character: RFC 3629, so neither overlong forms nor surrogates.
bool JsonDocument::copy_utf8(char*& to) {
    const unsigned char lead = byte_at(at_);
    if (lead < 0x20 || (lead >= 0x80 && lead < 0xC2) || lead > 0xF4)
        return false;
    const int more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if (end_ - at_ <= more)
        return false;
    for (int i = 1; i <= more; ++i)
        if ((byte_at(at_ + i) & 0xC0) != 0x80)
            return false;
    if (more >= 2) {
        const unsigned char second = byte_at(at_ + 1);
        if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
            (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
            return false;
    }
    for (int i = 0; i <= more; ++i)
        *to++ = *at_++;
    return true;
}

bool JsonDocument::parse_number(std::string_view& out) {
    const char* const start = at_;
    take('-');
    if (!take('0') && !take_digits())
        return false;
    if (take('.') && !take_digits())
        return false;
    if (take('e') || take('E')) {
        if (!take('+'))
            take('-');
        if (!take_digits())
            return false;
    }
    out = std::string_view(start, static_cast<std::size_t>(at_ - start));
    return true;
}

bool JsonDocument::parse_literal(const char* literal, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
        if (!take(literal[i]))
            return false;
    return true;
}

void JsonDocument::skip_blanks() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r'))
        ++at_;
}

bool JsonDocument::take(char c) {
    if (at_ == end_ || *at_ != c)
        return false;
    ++at_;
    return true;
}

bool JsonDocument::take_digits() {
    const char* const start = at_;
    while (at_ < end_ && is_digit(*at_))
        ++at_;
    return at_ != start;
}

bool whole_seconds(const JsonNode& node, std::int64_t& out) {
    constexpr std::int64_t kYear10000 = 253'402'300'800;
    if (node.type != JsonType::kNumber)
        return false;
    std::int64_t value = 0;
    std::size_t i = 0;
    for (; i < node.text.size() && is_digit(node.text[i]); ++i) {
        value = value * 10 + (node.text[i] - '0');
        if (value >= kYear10000)
            return false;
    }
    if (i == 0)
        return false;
    for (const bool fraction = i < node.text.size() && node.text[i] == '.'; i < node.text.size(); ++i)
        if (!fraction || (node.text[i] != '.' && !is_digit(node.text[i])))
            return false;
    out = value;
    return true;
}

}  // namespace tally::edge
