#include "rating/document.hpp"

#include <algorithm>
#include <memory>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace tally::rating {
namespace {

// Builds a Document from the parser's events. Text and number parts come in pieces.
class TreeBuilder {
  public:
    static constexpr std::size_t max_object_size = 1'000'000;
    static constexpr std::size_t max_array_size = 10'000'000;
    static constexpr std::size_t max_key_size = 65'536;
    static constexpr std::size_t max_string_size = 1'048'576;

    using Code = boost::json::error_code;
    using Text = boost::json::string_view;

    bool on_document_begin(Code&) { return true; }

    bool on_document_end(Code&) { return true; }

    bool on_object_begin(Code&) { return open(Document::object()); }

    bool on_array_begin(Code&) { return open(Document::list()); }

    bool on_object_end(std::size_t, Code&) { return close(); }

    bool on_array_end(std::size_t, Code&) { return close(); }

    bool on_string_part(Text part, std::size_t, Code&) { return collect(part); }

    bool on_key_part(Text part, std::size_t, Code&) { return collect(part); }

    bool on_number_part(Text part, Code&) { return collect(part); }

    bool on_comment_part(Text, Code&) { return true; }

    bool on_comment(Text, Code&) { return true; }

    bool on_null(Code&) { return add(Document()); }

    bool on_bool(bool value, Code&) { return add(Document::boolean(value)); }

    bool on_string(Text rest, std::size_t, Code&) { return collect(rest) && add(Document::text(take())); }

    bool on_int64(std::int64_t, Text rest, Code&) { return collect(rest) && add(Document::number(take())); }

    bool on_uint64(std::uint64_t, Text rest, Code&) { return collect(rest) && add(Document::number(take())); }

    // The parser offers a binary approximation here; only the text is taken.
    bool on_double(auto, Text rest, Code&) { return collect(rest) && add(Document::number(take())); }

    bool on_key(Text rest, std::size_t, Code& code) {
        collect(rest);
        std::string name = take();
        if (open_.back().tree.find(name) != nullptr) {
            repeated_ = name;
            code = boost::json::error::syntax;
            return false;
        }
        open_.back().names.push_back(std::move(name));
        return true;
    }

    [[nodiscard]] const std::string& repeated_name() const { return repeated_; }

    Document take_root() { return std::move(root_); }

  private:
    struct Open {
        Document tree;
        std::vector<std::string> names;  // of the member whose value is being read
    };

    bool open(Document tree) {
        open_.push_back({std::move(tree), {}});
        return true;
    }

    bool close() {
        Document done = std::move(open_.back().tree);
        open_.pop_back();
        return add(std::move(done));
    }

    bool add(Document value) {
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (Open& top = open_.back(); top.tree.kind() == Document::Kind::kObject) {
            top.tree.set(std::move(top.names.back()), std::move(value));
            top.names.pop_back();
        } else {
            top.tree.push(std::move(value));
        }
        return true;
    }

    bool collect(Text part) {
        text_.append(part.data(), part.size());
        return true;
    }

    std::string take() { return std::exchange(text_, {}); }

    std::vector<Open> open_;
    std::string text_;
    std::string repeated_;
    Document root_;
};

std::string line_and_column(std::string_view text, std::size_t at) {
    const std::string_view before = text.substr(0, at);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t line_at = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return fmt::format("{}:{}", line, before.size() - line_at + 1);
}

void append_quoted(std::string& out, std::string_view text) {
    out += boost::json::serialize(boost::json::value(boost::json::string_view(text.data(), text.size())));
}

void append_json(std::string& out, const Document& tree) {
    switch (tree.kind()) {
        case Document::Kind::kNull: out += "null"; return;
        case Document::Kind::kBool:
        case Document::Kind::kNumber: out += tree.str(); return;
        case Document::Kind::kText: append_quoted(out, tree.str()); return;
        case Document::Kind::kList: {
            out += '[';
            for (const Document& item : tree.items()) {
                if (&item != &tree.items().front())
                    out += ',';
                append_json(out, item);
            }
            out += ']';
            return;
        }
        case Document::Kind::kObject: {
            out += '{';
            for (const auto& member : tree.members()) {
                if (&member != &tree.members().front())
                    out += ',';
                append_quoted(out, member.name);
                out += ':';
                append_json(out, member.value);
            }
            out += '}';
            return;
        }
    }
}

}  // namespace

Document Document::boolean(bool value) {
    Document tree;
    tree.kind_ = Kind::kBool;
    tree.text_ = value ? "true" : "false";
    return tree;
}

Document Document::number(std::string text) {
    Document tree;
    tree.kind_ = Kind::kNumber;
    tree.text_ = std::move(text);
    return tree;
}

Document Document::text(std::string text) {
    Document tree;
    tree.kind_ = Kind::kText;
    tree.text_ = std::move(text);
    return tree;
}

Document Document::list() {
    Document tree;
    tree.kind_ = Kind::kList;
    return tree;
}

Document Document::object() {
    Document tree;
    tree.kind_ = Kind::kObject;
    return tree;
}

Result<Document> Document::parse_json(std::string_view json) {
    boost::json::basic_parser<TreeBuilder> parser{boost::json::parse_options{}};
    boost::json::error_code code;
    const std::size_t read = parser.write_some(false, json.data(), json.size(), code);
    if (!code && read < json.size())
        code = boost::json::error::extra_data;
    if (!code)
        return parser.handler().take_root();
    const std::string at = line_and_column(json, std::min(read, json.size()));
    const std::string& repeated = parser.handler().repeated_name();
    if (!repeated.empty())
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("'{}' stands twice in one object, at {}", repeated, at), at};
    return Error{ErrorCode::kInvalidArgument, fmt::format("this is not JSON: {} at {}", code.message(), at),
                 at};
}

const Document* Document::find(std::string_view name) const {
    for (const Member& member : members_)
        if (member.name == name)
            return &member.value;
    return nullptr;
}

std::string_view Document::kind_name() const {
    switch (kind_) {
        case Kind::kNull: return "null";
        case Kind::kBool: return "true or false";
        case Kind::kNumber: return "a number";
        case Kind::kText: return "a text";
        case Kind::kList: return "a list";
        case Kind::kObject: return "an object";
    }
    return "a value";
}

Document& Document::set(std::string name, Document value) {
    members_.push_back({std::move(name), std::move(value)});
    return *this;
}

Document& Document::push(Document value) {
    items_.push_back(std::move(value));
    return *this;
}

std::string Document::json() const {
    std::string out;
    append_json(out, *this);
    return out;
}

}  // namespace tally::rating
