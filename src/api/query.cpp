#include "api/endpoint.hpp"
#include "api/resources.hpp"
#include "base/json_value.hpp"
#include "base/time_text.hpp"

#include <charconv>

namespace tally::api {
namespace {

struct Input {
    std::string sql;
    query::Cut cut;
};

Error wrong(std::string pointer, std::string message) {
    return Error{ErrorCode::kInvalidArgument, std::move(message), std::move(pointer)};
}

Result<SnapshotId> parse_snapshot(const JsonValue& value) {
    if (const auto* number = value.as_int())
        return SnapshotId(*number);
    std::int64_t id = 0;
    if (const auto* text = value.as_string()) {
        const auto end = std::from_chars(text->data(), text->data() + text->size(), id);
        if (end.ec == std::errc() && end.ptr == text->data() + text->size())
            return SnapshotId(id);
    }
    return wrong("/snapshot", "snapshot is not a snapshot id; \"lake snapshots\" lists them");
}

Status read_member(Input& input, const std::string& name, const JsonValue& value) {
    if (value.is_null() && name != "sql")
        return {};
    if (name == "snapshot") {
        TRY_ASSIGN(input.cut.snapshot, parse_snapshot(value));
        return {};
    }
    if (name != "sql" && name != "as_of")
        return wrong("/" + name, "unknown field \"" + name + "\"; a query has sql, as_of and snapshot");
    if (value.as_string() == nullptr)
        return wrong("/" + name, name + " must be a string");
    if (name == "sql") {
        input.sql = *value.as_string();
        return {};
    }
    auto at = parse_rfc3339(*value.as_string());
    if (!at)
        return wrong("/as_of", at.error().message);
    input.cut.as_of = *at;
    return {};
}

Result<Input> read(const Request& request) {
    TRY_ASSIGN(const JsonValue body, JsonValue::parse(request.body));
    if (body.as_object() == nullptr)
        return wrong("", R"(the body must be an object: {"sql": "SELECT …"})");
    Input input;
    for (const auto& [name, value] : *body.as_object())
        TRY(read_member(input, name, value));
    if (input.sql.empty())
        return wrong("/sql", "sql is missing or empty");
    if (input.cut.snapshot && input.cut.as_of)
        return wrong("/as_of", "as_of and snapshot exclude each other");
    return input;
}

void write_cell(JsonWriter& json, const query::Cell& cell) {
    struct Visitor {
        JsonWriter& json;

        void operator()(std::monostate) const { json.null(); }

        void operator()(bool value) const { json.boolean(value); }

        void operator()(std::int64_t value) const { json.number(value); }

        void operator()(double value) const { json.number(value); }

        void operator()(const std::string& value) const { json.string(value); }
    };

    std::visit(Visitor{json}, cell.value);
}

std::string write(const query::QueryResult& result) {
    JsonWriter json;
    json.begin_object().key("columns").begin_array();
    for (const auto& column : result.columns)
        json.begin_object().field("name", column.name).field("type", column.type).end_object();
    json.end_array().key("rows").begin_array();
    for (const auto& row : result.rows) {
        json.begin_array();
        for (const auto& cell : row)
            write_cell(json, cell);
        json.end_array();
    }
    json.end_array().end_object();
    return json.take();
}

constexpr const char* kQuery =
    R"({"type":"object","required":["sql"],"additionalProperties":false,"properties":{"sql":{"type":"string"},)"
    R"("as_of":{"type":"string","format":"date-time"},"snapshot":{"type":["string","integer"]}}})";

constexpr const char* kRows =
    R"({"type":"object","required":["columns","rows"],"properties":{"columns":{"type":"array","items":{)"
    R"("type":"object","properties":{"name":{"type":"string"},"type":{"type":"string"}}}},)"
    R"("rows":{"type":"array","items":{"type":"array"}}}})";

}  // namespace

std::vector<Route> query_routes(query::QueryEngine& engine) {
    const auto process = [&engine](const Input& input) -> Result<query::QueryResult> {
        auto result = engine.run_user_sql(input.sql, input.cut);
        // A limit was met by this text, not by the machine: the client can change it.
        if (!result && result.error().code == ErrorCode::kResourceExhausted && result.error().pointer.empty())
            return Error{ErrorCode::kResourceExhausted, result.error().message, "/sql"};
        return result;
    };
    return {{"POST",
             "/v1/query",
             Access::kAdmin,
             Cost::kHeavy,
             "One SELECT over the lake and what is captured beyond it.",
             {},
             kQuery,
             kRows,
             endpoint(read, process, write)}};
}

}  // namespace tally::api
