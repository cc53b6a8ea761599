#include "usage/metered_column.hpp"
#include "usage/sql_text.hpp"
#include "usage/usage.hpp"

#include <map>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace tally::usage {
namespace {

using query::Cell;

// An average has this many digits behind the point before the scale is applied.
constexpr int kAverageScale = 18;

// A bill waits for its meters; a question from the outside would be cut off long before.
constexpr query::QueryLimits kLimits{
    .time = std::chrono::minutes(10), .memory_bytes = 1024ULL * 1024 * 1024, .rows_max = 1'000'000};

// Puts texts in the places of their names in braces. Texts are not searched again.
std::string fill(std::string_view sql_template,
                 const std::map<std::string, std::string, std::less<>>& texts) {
    std::string sql;
    while (!sql_template.empty()) {
        const std::size_t open = sql_template.find('{');
        sql += sql_template.substr(0, open);
        if (open == std::string_view::npos)
            break;
        sql_template.remove_prefix(open);
        const std::size_t close = sql_template.find('}');
        const std::string_view name = sql_template.substr(1, close - 1);
        const auto found = texts.find(name);
        sql += found == texts.end() ? sql_template.substr(0, close + 1) : std::string_view(found->second);
        sql_template.remove_prefix(close + 1);
    }
    return sql;
}

std::string aggregate_sql(Aggregation aggregation) {
    switch (aggregation) {
        case Aggregation::kSum:
        case Aggregation::kAvg: return "sum(value)";
        case Aggregation::kMin: return "min(value)";
        case Aggregation::kMax: return "max(value)";
        case Aggregation::kUnique: return "count(DISTINCT value)";
        // record_id is unique, so two requests of one microsecond have an order too.
        case Aggregation::kLatest: return "last(value ORDER BY moment, id)";
        case Aggregation::kCount:
        case Aggregation::kWeightedSum:
        case Aggregation::kPercentile: break;
    }
    return "count(*)";
}

struct Reading {
    std::string sql;
    int value_scale = 0;  // of the aggregate's whole number
};

Result<Reading> reading_of(const Meter& meter) {
    const bool counts_rows = meter.aggregation == Aggregation::kCount;
    std::map<std::string, std::string, std::less<>> texts;
    Reading reading;
    texts["value"] = "CAST(NULL AS BIGINT)";
    if (!counts_rows) {
        TRY_ASSIGN(const ColumnDefinition column, find_column(meter.value));
        texts["value"] = exact_value_sql(column);
        if (meter.aggregation != Aggregation::kUnique)
            reading.value_scale = exact_value_scale(column);
    }
    std::string groups;
    std::string group_names;
    for (std::size_t i = 0; i < meter.group_by.size(); ++i) {
        TRY_ASSIGN(const ColumnDefinition column, find_column(meter.group_by[i]));
        groups += fmt::format("coalesce(CAST(\"{}\" AS VARCHAR), '') AS group_{}, ", column.name, i);
        group_names += fmt::format("{}group_{}", i == 0 ? "" : ", ", i);
    }
    texts["groups"] = groups;
    texts["group_names"] = group_names.empty() ? "" : group_names + ",";
    texts["group_by"] =
        group_names.empty() ? "" : fmt::format("GROUP BY {} ORDER BY {}", group_names, group_names);
    texts["filter"] = meter.filter.empty() ? "TRUE" : meter.filter;
    texts["present"] = counts_rows ? "TRUE" : "value IS NOT NULL";
    texts["aggregate"] = aggregate_sql(meter.aggregation);
    reading.sql = fill(kMeasureSql, texts);
    return reading;
}

// The aggregate's text, exactly, with the meter's scale. Without rows it is 0.
Result<Decimal> quantity_of(const Meter& meter, const Reading& reading, const Cell& aggregate,
                            std::int64_t rows) {
    const auto* text = std::get_if<std::string>(&aggregate.value);
    if (text == nullptr)
        return Decimal{};
    TRY_ASSIGN(Decimal value, Decimal::parse(*text));
    for (int i = 0; i < reading.value_scale; ++i)
        value = value * Decimal::from_coefficient(1, 1);
    if (meter.aggregation == Aggregation::kAvg)
        value = Decimal::divide(value, Decimal(rows), kAverageScale, RoundingMode::kHalfEven);
    return value * meter.scale;
}

Result<MeterReading> reading_from(const Meter& meter, const Reading& reading,
                                  const std::vector<Cell>& cells) {
    MeterReading result;
    std::size_t at = 0;
    for (const std::string& column : meter.group_by)
        result.group[column] = std::get<std::string>(cells[at++].value);
    const Cell& aggregate = cells[at++];
    result.rows = std::get<std::int64_t>(cells[at++].value);
    TRY_ASSIGN(result.quantity, quantity_of(meter, reading, aggregate, result.rows));
    result.digest = std::get<std::string>(cells[at].value);
    return result;
}

}  // namespace

Result<std::vector<MeterReading>> measure(query::QueryEngine& engine, const Meter& meter,
                                          const MeterQuestion& question) {
    TRY(check_meter(engine, meter));
    if (question.from >= question.to)
        return Error{ErrorCode::kInvalidArgument, "the period to measure is empty"};
    TRY_ASSIGN(const Reading reading, reading_of(meter));
    const std::vector<Cell> parameters = {Cell{question.customer.str()}, Cell{to_us(question.from)},
                                          Cell{to_us(question.to)}};
    TRY_ASSIGN(const query::QueryResult result, engine.run(reading.sql, parameters, question.cut, kLimits));
    std::vector<MeterReading> readings;
    for (const std::vector<Cell>& cells : result.rows) {
        TRY_ASSIGN(MeterReading one, reading_from(meter, reading, cells));
        readings.push_back(std::move(one));
    }
    return readings;
}

}  // namespace tally::usage
