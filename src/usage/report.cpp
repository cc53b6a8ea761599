#include "base/nearest_name.hpp"
#include "base/time_text.hpp"
#include "usage/dimension_name.hpp"
#include "usage/filled_sql.hpp"
#include "usage/sql_text.hpp"
#include "usage/usage.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace tally::usage {
namespace {

using query::Cell;

// In the order of report.sql's parameters and columns.
constexpr std::array<std::string_view, 9> kDimensions = {
    "api_key", "customer", "path", "status", "country", "method", "result_type", "stage", "plan"};

constexpr query::QueryLimits kLimits{};

Status check(const UsageQuestion& question) {
    if (question.from >= question.to)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("the time range is empty: {} to {}", format_rfc3339(question.from),
                                 format_rfc3339(question.to))};
    for (const std::string& name : question.by) {
        if (std::find(kDimensions.begin(), kDimensions.end(), name) != kDimensions.end() ||
            dimension_of(name).has_value())
            continue;
        const std::string_view nearest = nearest_name(name, kDimensions);
        return Error{ErrorCode::kInvalidArgument,
                     nearest.empty()
                         ? fmt::format("usage cannot be split by {}; it can by {}, and dimensions.<header>",
                                       name, fmt::join(kDimensions, ", "))
                         : fmt::format("usage cannot be split by {}; did you mean {}?", name, nearest)};
    }
    return {};
}

std::string window_name(Window window) {
    switch (window) {
        case Window::kNone: return "none";
        case Window::kHour: return "hour";
        case Window::kDay: return "day";
        case Window::kMonth: return "month";
    }
    return "none";
}

template <class Value>
void add(std::vector<Cell>& parameters, Value value) {
    parameters.emplace_back().value = std::move(value);
}

template <class Id>
void add_optional(std::vector<Cell>& parameters, const std::optional<Id>& id) {
    Cell& cell = parameters.emplace_back();
    if (id.has_value())
        cell.value = id->str();
}

std::vector<Cell> parameters_of(const UsageQuestion& question) {
    std::vector<Cell> parameters;
    add(parameters, to_us(question.from));
    add(parameters, to_us(question.to));
    add_optional(parameters, question.customer);
    add_optional(parameters, question.key);
    add(parameters, window_name(question.window));
    add(parameters, question.zone.name());
    for (const std::string_view dimension : kDimensions)
        add(parameters, std::find(question.by.begin(), question.by.end(), dimension) != question.by.end());
    return parameters;
}

// Those of the question's names that are response headers, in its order.
std::vector<std::string> header_dimensions(const UsageQuestion& question) {
    std::vector<std::string> names;
    for (const std::string& name : question.by)
        if (dimension_of(name).has_value() && std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
    return names;
}

std::string sql_of(const std::vector<std::string>& headers) {
    SqlTexts texts{{"headers", ""}, {"header_names", ""}};
    for (std::size_t i = 0; i < headers.size(); ++i) {
        texts["headers"] += fmt::format("{} AS header_{},", dimension_sql(*dimension_of(headers[i])), i);
        texts["header_names"] += fmt::format(", header_{}", i);
    }
    return fill_sql(kReportSql, texts);
}

std::string text_of(const Cell& cell) {
    const auto* text = std::get_if<std::string>(&cell.value);
    return text == nullptr ? std::string{} : *text;
}

std::int64_t whole(const Cell& cell) {
    const auto* number = std::get_if<std::int64_t>(&cell.value);
    return number == nullptr ? 0 : *number;
}

// An hour began when its local start was, by the offset that was in force. Days and months begin at local
// midnight, whatever the offset was later that day.
Instant window_start(const UsageQuestion& question, std::int64_t local_start_us, std::int64_t offset_us) {
    if (question.window == Window::kHour)
        return instant_from_us(local_start_us - offset_us);
    return question.zone.local_midnight(civil_from_days(utc_day(instant_from_us(local_start_us))));
}

UsageRow row_from(const UsageQuestion& question, const std::vector<std::string>& headers,
                  const std::vector<Cell>& cells) {
    UsageRow row;
    for (std::size_t i = 0; i < kDimensions.size(); ++i) {
        const std::string name(kDimensions[i]);
        if (std::find(question.by.begin(), question.by.end(), name) != question.by.end())
            row.dimensions[name] = text_of(cells[i]);
    }
    std::size_t at = kDimensions.size();
    for (const std::string& header : headers)
        row.dimensions[header] = text_of(cells[at++]);
    const std::int64_t local_start = whole(cells[at++]);
    const std::int64_t offset = whole(cells[at++]);
    if (question.window != Window::kNone)
        row.window_start = window_start(question, local_start, offset);
    row.requests = whole(cells[at++]);
    row.bytes_out = whole(cells[at++]);
    row.bytes_in = whole(cells[at++]);
    if (const auto* average = std::get_if<double>(&cells[at++].value))
        row.average_time_ms = *average;
    row.successes = whole(cells[at++]);
    row.errors = whole(cells[at++]);
    row.hits = whole(cells[at++]);
    row.misses = whole(cells[at++]);
    row.countries = whole(cells[at++]);
    return row;
}

}  // namespace

Result<std::vector<UsageRow>> report(query::QueryEngine& engine, const UsageQuestion& question) {
    TRY(check(question));
    const std::vector<std::string> headers = header_dimensions(question);
    TRY_ASSIGN(const query::QueryResult result,
               engine.run(sql_of(headers), parameters_of(question), {}, kLimits));
    std::vector<UsageRow> rows;
    rows.reserve(result.rows.size());
    for (const std::vector<Cell>& cells : result.rows)
        rows.push_back(row_from(question, headers, cells));
    // A total is a number even when there was nothing to add up.
    if (rows.empty() && question.by.empty() && question.window == Window::kNone)
        rows.emplace_back();
    return rows;
}

}  // namespace tally::usage
