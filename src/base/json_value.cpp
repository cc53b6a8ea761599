#include "base/json_value.hpp"

#include "base/json_writer.hpp"

#include <set>

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>

namespace tally {
namespace {

namespace bj = boost::json;

constexpr std::size_t kDepthMax = 64;

Error broken(std::size_t offset, std::string_view why) {
    return Error{ErrorCode::kInvalidArgument,
                 "not a JSON document: " + std::string(why) + " at byte " + std::to_string(offset)};
}

// Boost keeps the last of two members of one name in silence, so the names are watched while parsing.
struct Handler {
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    struct Open {
        bool is_object = false;
        JsonValue::Array items;
        JsonValue::Object members;
        std::set<std::string> names;
        std::string name;  // of the member that comes next
    };

    std::vector<Open> open;
    JsonValue root;
    std::string text;
    std::string twice;

    bool put(JsonValue value) {
        if (open.empty())
            root = std::move(value);
        else if (open.back().is_object)
            open.back().members.emplace_back(std::move(open.back().name), std::move(value));
        else
            open.back().items.push_back(std::move(value));
        return true;
    }

    bool begin(bool is_object) {
        open.emplace_back().is_object = is_object;
        return true;
    }

    bool close() {
        Open done = std::move(open.back());
        open.pop_back();
        return done.is_object ? put(JsonValue(std::move(done.members)))
                              : put(JsonValue(std::move(done.items)));
    }

    bool on_document_begin(bj::error_code&) { return true; }

    bool on_document_end(bj::error_code&) { return true; }

    bool on_object_begin(bj::error_code&) { return begin(true); }

    bool on_object_end(std::size_t, bj::error_code&) { return close(); }

    bool on_array_begin(bj::error_code&) { return begin(false); }

    bool on_array_end(std::size_t, bj::error_code&) { return close(); }

    bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) {
        text.append(part.data(), part.size());
        return true;
    }

    bool on_key(bj::string_view part, std::size_t, bj::error_code& error) {
        text.append(part.data(), part.size());
        Open& top = open.back();
        top.name = std::exchange(text, {});
        if (top.names.insert(top.name).second)
            return true;
        twice = top.name;
        error = bj::make_error_code(bj::error::syntax);
        return false;
    }

    bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) {
        text.append(part.data(), part.size());
        return true;
    }

    bool on_string(bj::string_view part, std::size_t, bj::error_code&) {
        text.append(part.data(), part.size());
        return put(JsonValue(std::exchange(text, {})));
    }

    bool on_number_part(bj::string_view part, bj::error_code&) {
        text.append(part.data(), part.size());
        return true;
    }

    bool on_int64(std::int64_t value, bj::string_view, bj::error_code&) {
        text.clear();
        return put(JsonValue(value));
    }

    bool on_uint64(std::uint64_t value, bj::string_view part, bj::error_code& error) {
        return on_double(static_cast<double>(value), part, error);
    }

    bool on_double(double value, bj::string_view part, bj::error_code&) {
        text.append(part.data(), part.size());
        return put(JsonValue(value, std::exchange(text, {})));
    }

    bool on_bool(bool value, bj::error_code&) { return put(JsonValue(value)); }

    bool on_null(bj::error_code&) { return put(JsonValue()); }

    bool on_comment_part(bj::string_view, bj::error_code&) { return true; }

    bool on_comment(bj::string_view, bj::error_code&) { return true; }
};

void write(JsonWriter& json, const JsonValue& value) {
    if (const auto* array = value.as_array()) {
        json.begin_array();
        for (const JsonValue& item : *array)
            write(json, item);
        json.end_array();
    } else if (const auto* object = value.as_object()) {
        json.begin_object();
        for (const auto& [name, member] : *object) {
            json.key(name);
            write(json, member);
        }
        json.end_object();
    } else if (const auto* text = value.as_string()) {
        json.string(*text);
    } else {
        json.raw(value.is_null() ? "null" : value.display());
    }
}

std::string shortest(double value) {
    JsonWriter json;
    json.number(value);
    return json.take();
}

}  // namespace

Result<JsonValue> JsonValue::parse(std::string_view text) {
    bj::parse_options options;
    options.max_depth = kDepthMax;
    bj::basic_parser<Handler> parser(options);
    bj::error_code error;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (error && !parser.handler().twice.empty())
        return broken(used, "the name \"" + parser.handler().twice + "\" stands twice in one object");
    if (error)
        return broken(used, error.message());
    if (text.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
        return broken(used, "there is more behind its end");
    return std::move(parser.handler().root);
}

const JsonValue* JsonValue::find(std::string_view name) const {
    if (const Object* object = as_object())
        for (const Member& member : *object)
            if (member.first == name)
                return &member.second;
    return nullptr;
}

std::string_view JsonValue::text_of(std::string_view name) const {
    const JsonValue* member = find(name);
    const std::string* text = member == nullptr ? nullptr : member->as_string();
    return text == nullptr ? std::string_view() : std::string_view(*text);
}

std::string JsonValue::number_text() const {
    if (const auto* number = as_int())
        return std::to_string(*number);
    return as_double() == nullptr ? std::string() : text_;
}

std::string JsonValue::display() const {
    if (is_null())
        return {};
    if (const auto* text = as_string())
        return *text;
    if (const auto* number = as_int())
        return std::to_string(*number);
    if (const auto* flag = as_bool())
        return *flag ? "true" : "false";
    if (const auto* real = as_double())
        return shortest(*real);
    return to_json();
}

std::string JsonValue::to_json() const {
    JsonWriter json;
    write(json, *this);
    return json.take();
}

}  // namespace tally
