#include "cli/output.hpp"

#include <algorithm>
#include <cstdio>

namespace tally::cli {
namespace {

using Row = std::vector<JsonValue>;

struct Grid {
    std::vector<std::string> titles;
    std::vector<Row> rows;
};

std::vector<JsonValue> rows_of(const JsonValue& document, const View& view) {
    if (view.rows.empty())
        return {document};
    const JsonValue* rows = document.find(view.rows);
    if (rows == nullptr || rows->as_array() == nullptr)
        return {document};
    return *rows->as_array();
}

std::vector<std::string> members_of(const std::vector<JsonValue>& rows) {
    std::vector<std::string> names;
    for (const JsonValue& row : rows)
        if (const auto* object = row.as_object())
            for (const auto& [name, value] : *object)
                if (std::find(names.begin(), names.end(), name) == names.end())
                    names.push_back(name);
    return names;
}

// The answer to a query has its columns and rows already.
bool is_query_result(const JsonValue& document) {
    const JsonValue* columns = document.find("columns");
    const JsonValue* rows = document.find("rows");
    return columns != nullptr && columns->as_array() != nullptr && rows != nullptr &&
           rows->as_array() != nullptr;
}

Grid grid_of_query(const JsonValue& document) {
    Grid grid;
    for (const JsonValue& column : *document.find("columns")->as_array())
        grid.titles.emplace_back(column.text_of("name"));
    for (const JsonValue& row : *document.find("rows")->as_array())
        grid.rows.push_back(row.as_array() == nullptr ? Row{} : *row.as_array());
    return grid;
}

// "period.from" is the member "from" of the member "period".
const JsonValue* find_member(const JsonValue& row, const std::string& name) {
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos)
        return row.find(name);
    const JsonValue* outer = row.find(name.substr(0, dot));
    return outer == nullptr ? nullptr : outer->find(name.substr(dot + 1));
}

Grid grid_of(const JsonValue& document, const View& view) {
    if (is_query_result(document))
        return grid_of_query(document);
    const auto rows = rows_of(document, view);
    Grid grid{view.columns.empty() ? members_of(rows) : view.columns, {}};
    for (const JsonValue& row : rows) {
        Row cells;
        for (const std::string& name : grid.titles) {
            const JsonValue* value = find_member(row, name);
            cells.push_back(value == nullptr ? JsonValue() : *value);
        }
        grid.rows.push_back(std::move(cells));
    }
    return grid;
}

// What a terminal may be shown: control characters escaped, also the C1 ones that come as two bytes of UTF-8.
std::string printable(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
        char escaped[8];
        if (byte < 0x20 || byte == 0x7F) {
            std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(byte));
            out += escaped;
        } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {
            std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(next));
            out += escaped;
            ++i;
        } else {
            out += text[i];
        }
    }
    return out;
}

// In characters; a lead byte counts, what follows it does not.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool looks_like_number(const std::string& text) {
    const std::size_t start = text.starts_with('-') ? 1 : 0;
    return text.size() > start && text.find_first_not_of("0123456789.", start) == std::string::npos &&
           text.find_first_of("0123456789") != std::string::npos;
}

bool is_table(const JsonValue& value) {
    const auto* array = value.as_array();
    return array != nullptr && !array->empty() && array->front().as_object() != nullptr;
}

bool is_flat(const JsonValue& value) {
    const auto* object = value.as_object();
    return object != nullptr && std::none_of(object->begin(), object->end(), [](const auto& member) {
               return member.second.as_array() != nullptr || member.second.as_object() != nullptr;
           });
}

// The members of an object that is shown alone: small objects in it by their own members, "period.from".
JsonValue::Object flattened(const JsonValue& document) {
    JsonValue::Object out;
    for (const auto& [name, value] : *document.as_object()) {
        if (!is_flat(value)) {
            out.emplace_back(name, value);
            continue;
        }
        for (const auto& [inner, inner_value] : *value.as_object())
            out.emplace_back(name + "." + inner, inner_value);
    }
    return out;
}

// A list inside of an object, to people: without the members that are lists themselves.
std::string inner_table(const JsonValue::Array& rows) {
    Grid grid{{}, {}};
    for (const std::string& name : members_of(rows))
        if (std::none_of(rows.begin(), rows.end(), [&](const JsonValue& row) {
                const JsonValue* value = row.find(name);
                return value != nullptr && value->as_array() != nullptr;
            }))
            grid.titles.push_back(name);
    for (const JsonValue& row : rows) {
        Row cells;
        for (const std::string& name : grid.titles)
            cells.push_back(row.find(name) == nullptr ? JsonValue() : *row.find(name));
        grid.rows.push_back(std::move(cells));
    }
    return text_table(grid.titles, grid.rows);
}

// One object to people: its members below each other, lists of objects as tables of their own.
std::string describe(const JsonValue& document) {
    const JsonValue::Object members = flattened(document);
    std::size_t width = 0;
    for (const auto& [name, value] : members)
        width = std::max(width, name.size());
    std::string out;
    std::string tables;
    for (const auto& [name, value] : members) {
        if (is_table(value))
            tables += "\n" + name + "\n" + inner_table(*value.as_array());
        else
            out += name + std::string(width - name.size() + 2, ' ') + printable(value.display()) + "\n";
    }
    return out + tables;
}

std::string csv(const Grid& grid) {
    std::string out;
    const auto line = [&out](const auto& cells, const auto& field) {
        for (std::size_t i = 0; i < cells.size(); ++i)
            out += (i == 0 ? "" : ",") + field(cells[i]);
        out += "\r\n";
    };
    line(grid.titles, [](const std::string& title) { return csv_field(JsonValue(title)); });
    for (const Row& row : grid.rows)
        line(row, csv_field);
    return out;
}

std::string ndjson(const JsonValue& document, const View& view) {
    std::string out;
    if (!is_query_result(document)) {
        for (const JsonValue& row : rows_of(document, view))
            out += row.to_json() + "\n";
        return out;
    }
    const Grid grid = grid_of_query(document);
    for (const Row& row : grid.rows) {
        JsonValue::Object object;
        for (std::size_t i = 0; i < std::min(row.size(), grid.titles.size()); ++i)
            object.emplace_back(grid.titles[i], row[i]);
        out += JsonValue(std::move(object)).to_json() + "\n";
    }
    return out;
}

}  // namespace

Result<OutputFormat> parse_output_format(std::string_view name) {
    if (name == "table")
        return OutputFormat::kTable;
    if (name == "json")
        return OutputFormat::kJson;
    if (name == "csv")
        return OutputFormat::kCsv;
    if (name == "ndjson")
        return OutputFormat::kNdjson;
    return Error{ErrorCode::kInvalidArgument,
                 "\"" + std::string(name) + "\" is none of table, json, csv, ndjson"};
}

std::string csv_field(const JsonValue& value) {
    std::string text = value.display();
    const bool risky =
        !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
    if (value.as_string() != nullptr && risky && !looks_like_number(text))
        text.insert(0, "'");
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

std::string text_table(const std::vector<std::string>& titles,
                       const std::vector<std::vector<JsonValue>>& rows) {
    std::vector<std::size_t> widths;
    std::vector<bool> to_right(titles.size(), !rows.empty());
    for (const std::string& title : titles)
        widths.push_back(width_of(title));
    std::vector<std::vector<std::string>> texts;
    for (const Row& row : rows) {
        auto& line = texts.emplace_back();
        for (std::size_t i = 0; i < titles.size(); ++i) {
            line.push_back(i < row.size() ? printable(row[i].display()) : "");
            widths[i] = std::max(widths[i], width_of(line.back()));
            to_right[i] = to_right[i] && (line.back().empty() || looks_like_number(line.back()));
        }
    }
    std::string out;
    const auto add_line = [&](const std::vector<std::string>& cells) {
        std::string line;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string blanks(widths[i] - width_of(cells[i]), ' ');
            line += (i == 0 ? "" : "  ") + (to_right[i] ? blanks + cells[i] : cells[i] + blanks);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    };
    add_line(titles);
    for (const auto& line : texts)
        add_line(line);
    return out;
}

std::string render(const JsonValue& document, OutputFormat format, const View& view) {
    switch (format) {
        case OutputFormat::kJson: return document.to_json() + "\n";
        case OutputFormat::kNdjson: return ndjson(document, view);
        case OutputFormat::kCsv: return csv(grid_of(document, view));
        case OutputFormat::kTable: break;
    }
    if (view.rows.empty() && document.as_object() != nullptr && !is_query_result(document))
        return describe(document);
    const Grid grid = grid_of(document, view);
    return grid.rows.empty() && grid.titles.empty() ? std::string() : text_table(grid.titles, grid.rows);
}

}  // namespace tally::cli
