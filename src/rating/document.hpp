#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tally::rating {

// A JSON or TOML document as a tree. Numbers keep the text they were written with, objects the order of their
// members; a name that stands twice in an object is an error. A value.
class Document {
  public:
    enum class Kind { kNull, kBool, kNumber, kText, kList, kObject };
    struct Member;

    Document() = default;  // null
    static Document boolean(bool value);
    static Document number(std::string text);
    static Document text(std::string text);
    static Document list();
    static Document object();

    // kInvalidArgument with "line:column" as the pointer. At most 32 levels deep.
    static Result<Document> parse_json(std::string_view json);
    static Result<Document> parse_toml(std::string_view toml);

    [[nodiscard]] Kind kind() const { return kind_; }

    [[nodiscard]] bool is_null() const { return kind_ == Kind::kNull; }

    [[nodiscard]] bool is_true() const { return kind_ == Kind::kBool && text_ == "true"; }

    // What is written: of a text its characters, of a number its digits.
    [[nodiscard]] const std::string& str() const { return text_; }

    [[nodiscard]] const std::vector<Document>& items() const { return items_; }

    [[nodiscard]] const std::vector<Member>& members() const { return members_; }

    // Null (the pointer) when there is no such member, or this is no object.
    [[nodiscard]] const Document* find(std::string_view name) const;
    // "a text", "a number", ...: for messages.
    [[nodiscard]] std::string_view kind_name() const;

    // Appends to an object or a list and returns *this.
    Document& set(std::string name, Document value);
    Document& push(Document value);

    // Compact JSON.
    [[nodiscard]] std::string json() const;

  private:
    Kind kind_ = Kind::kNull;
    std::string text_;
    std::vector<Document> items_;
    std::vector<Member> members_;
};

struct Document::Member {
    std::string name;
    Document value;
};

}  // namespace tally::rating
