#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tally::edge {

enum class JsonType : std::uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

struct JsonNode {
    std::string_view name;  // of a member, unescaped; empty elsewhere
    std::string_view text;  // of a string, unescaped; of a number as it was written
    JsonType type;
    std::uint16_t end;  // the node after this one's last descendant
};

// A small JSON text from a stranger, read strictly (RFC 8259): UTF-8, no member name twice in an object (also
// not in another spelling), no U+0000, no lone surrogates, nothing after the value. Fixed memory, no heap,
// free of the C++ library. Its nodes lie in the order of the text, a container's before those in it.
class JsonDocument {
  public:
    static constexpr std::size_t kNodesMax = 512;
    static constexpr std::size_t kMembersMax = 64;  // of one object
    static constexpr unsigned kDepthMax = 8;

    // Unescapes strings in place, so `text` is changed and must outlive the document. False for anything that
    // is not as above or does not fit.
    bool parse(char* text, std::size_t size);

    // Call only after parse() was true.
    [[nodiscard]] const JsonNode& root() const { return nodes_[0]; }

    // The children of an array or object: from first() on by next() until it is null.
    [[nodiscard]] const JsonNode* first(const JsonNode& container) const;
    [[nodiscard]] const JsonNode* next(const JsonNode& container, const JsonNode& child) const;

    // A member; null where there is none, or where this is no object.
    [[nodiscard]] const JsonNode* find(const JsonNode& object, std::string_view name) const;

  private:
    bool parse_value(std::string_view name, unsigned depth);
    bool parse_object(std::size_t self, unsigned depth);
    bool parse_array(std::size_t self, unsigned depth);
    bool parse_string(std::string_view& out);
    bool parse_escape(char*& to);
    bool parse_unicode_escape(char*& to);
    bool parse_hex4(std::uint32_t& out);
    bool copy_utf8(char*& to);
    bool parse_number(std::string_view& out);
    bool parse_literal(const char* literal, std::size_t size);
    bool add(std::string_view name, JsonType type);
    [[nodiscard]] bool has_member(std::size_t object, std::string_view name) const;
    void skip_blanks();
    bool take(char c);
    bool take_digits();

    [[nodiscard]] std::size_t index_of(const JsonNode& node) const {
        return static_cast<std::size_t>(&node - nodes_);
    }

    char* at_ = nullptr;
    char* end_ = nullptr;
    std::size_t count_ = 0;
    JsonNode nodes_[kNodesMax];
};

// A number without exponent as whole seconds, a fraction cut off. False for other nodes and for more than
// year 9999.
bool whole_seconds(const JsonNode& node, std::int64_t& out);

}  // namespace tally::edge
