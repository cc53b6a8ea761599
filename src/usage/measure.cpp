#include "usage/dimension_name.hpp"
#include "usage/filled_sql.hpp"
#include "usage/metered_column.hpp"
#include "usage/sql_text.hpp"
#include "usage/usage.hpp"

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

// Over the rows that are not skipped; their value is not null, or not looked at.
std::string aggregate_sql(Aggregation aggregation) {
    switch (aggregation) {
        case Aggregation::kSum:
        case Aggregation::kAvg: return "sum(value)";
        case Aggregation::kMin: return "min(value)";
        case Aggregation::kMax: return "max(value)";
        case Aggregation::kUnique: return "count(DISTINCT value)";
        // record_id is unique, so two requests of one microsecond have an order too.
        case Aggregation::kLatest: return "last(value ORDER BY moment, id) FILTER (WHERE NOT is_skipped)";
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

Status set_value(const Meter& meter, SqlTexts& texts, Reading& reading) {
    texts["value"] = "CAST(NULL AS BIGINT)";
    texts["sent"] = "FALSE";
    texts["present"] = "TRUE";
    if (meter.aggregation == Aggregation::kCount)
        return {};
    TRY_ASSIGN(const MeteredColumn column, find_column(meter.value));
    texts["present"] = "value IS NOT NULL";
    if (meter.aggregation == Aggregation::kUnique) {
        texts["value"] = exact_text_sql(column);
        return {};
    }
    texts["value"] = exact_number_sql(column);
    reading.value_scale = exact_number_scale(column);
    if (column.dimension.has_value())
        texts["sent"] = fmt::format("{} IS NOT NULL", text_sql(column));
    return {};
}

Result<Reading> reading_of(const Meter& meter) {
    SqlTexts texts;
    Reading reading;
    TRY(set_value(meter, texts, reading));
    std::string groups;
    std::string group_names;
    for (std::size_t i = 0; i < meter.group_by.size(); ++i) {
        TRY_ASSIGN(const MeteredColumn column, find_column(meter.group_by[i]));
        groups += fmt::format("coalesce({}, '') AS group_{}, ", text_sql(column), i);
        group_names += fmt::format("{}group_{}", i == 0 ? "" : ", ", i);
    }
    texts["groups"] = groups;
    texts["group_names"] = group_names.empty() ? "" : group_names + ",";
    texts["group_by"] =
        group_names.empty() ? "" : fmt::format("GROUP BY {} ORDER BY {}", group_names, group_names);
    texts["filter"] = meter.filter.empty() ? "TRUE" : with_dimensions(meter.filter);
    texts["aggregate"] = aggregate_sql(meter.aggregation);
    reading.sql = fill_sql(kMeasureSql, texts);
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
    result.digest = std::get<std::string>(cells[at++].value);
    result.skipped = std::get<std::int64_t>(cells[at].value);
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
