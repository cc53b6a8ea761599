#include "rating/document.hpp"

#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace tally::rating {
namespace {

// The text of a TOML value that JSON has no kind for (dates), or that must not pass through binary
// (fractions).
template <class Value>
std::string written(const Value& value) {
    std::ostringstream out;
    out << value;
    return out.str();
}

Document convert(const toml::node& node) {
    if (const auto* table = node.as_table()) {
        Document object = Document::object();
        for (const auto& [name, value] : *table)
            object.set(std::string(name.str()), convert(value));
        return object;
    }
    if (const auto* array = node.as_array()) {
        Document list = Document::list();
        for (const toml::node& item : *array)
            list.push(convert(item));
        return list;
    }
    if (const auto* text = node.as_string())
        return Document::text(text->get());
    if (const auto* flag = node.as_boolean())
        return Document::boolean(flag->get());
    if (const auto* whole = node.as_integer())
        return Document::number(std::to_string(whole->get()));
    if (const auto* date = node.as_date())
        return Document::text(written(date->get()));
    if (const auto* date_time = node.as_date_time())
        return Document::text(written(date_time->get()));
    if (const auto* time = node.as_time())
        return Document::text(written(time->get()));
    // A fraction: its digits were lost to binary, so the reader refuses it and asks for quotes.
    return Document::number(written(*node.as_floating_point()));
}

}  // namespace

Result<Document> Document::parse_toml(std::string_view toml) {
    try {
        return convert(toml::parse(toml));
    } catch (const toml::parse_error& error) {
        const auto begin = error.source().begin;
        const std::string at = fmt::format("{}:{}", begin.line, begin.column);
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("this is not TOML: {} at {}", error.description(), at), at};
    }
}

}  // namespace tally::rating
