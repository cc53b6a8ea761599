#include "lake/batch_check.hpp"

#include "base/clock.hpp"
#include "base/time_text.hpp"
#include "lake/utf8.hpp"

#include <algorithm>
#include <string>
#include <variant>

#include <fmt/format.h>

namespace tally::lake {
namespace {

Error unfit(const Field& field, std::string_view what) {
    return {ErrorCode::kInvalidArgument, fmt::format("column '{}': {}", field.name, what)};
}

Status check_length(const Field& field, std::size_t length, std::size_t rows) {
    if (length != rows)
        return unfit(field, fmt::format("{} values in a batch of {} rows", length, rows));
    return {};
}

Status check_nulls(const Field& field, const std::vector<bool>& null, std::size_t rows) {
    if (null.empty())
        return {};
    TRY(check_length(field, null.size(), rows));
    if (field.required && std::find(null.begin(), null.end(), true) != null.end())
        return unfit(field, "null in a required column");
    return {};
}

// Checks one column against its field; one overload a kind of column.
struct ColumnCheck {
    const Field& field;
    std::size_t rows;

    Status operator()(const PlainStrings& column) const {
        TRY(check_type(ColumnType::kString));
        TRY(check_length(field, column.ends.size(), rows));
        TRY(check_nulls(field, column.null, rows));
        std::int32_t start = 0;
        for (const std::int32_t end : column.ends) {
            if (end < start || static_cast<std::size_t>(end) > column.bytes.size())
                return unfit(field, fmt::format("a text ends at {} of {} bytes", end, column.bytes.size()));
            if (static_cast<std::size_t>(end) < column.bytes.size() &&
                !starts_utf8_character(column.bytes[static_cast<std::size_t>(end)]))
                return unfit(field, "a text that is not UTF-8");
            start = end;
        }
        // Whole characters at every border and valid bytes in all make every text valid.
        if (!is_utf8(std::string_view(column.bytes).substr(0, static_cast<std::size_t>(start))))
            return unfit(field, "a text that is not UTF-8");
        return {};
    }

    Status operator()(const CodedStrings& column) const {
        TRY(check_type(ColumnType::kString));
        TRY(check_length(field, column.codes.size(), rows));
        for (const std::string& value : column.values)
            if (!is_utf8(value))
                return unfit(field, "a text that is not UTF-8");
        const auto count = static_cast<std::int64_t>(column.values.size());
        for (const std::int32_t code : column.codes) {
            if (code < -1 || code >= count)
                return unfit(field, fmt::format("code {} of {} values", code, count));
            if (code == -1 && field.required)
                return unfit(field, "null in a required column");
        }
        return {};
    }

    Status operator()(const Numbers<std::int32_t>& column) const {
        return check_numbers(column, ColumnType::kInt);
    }

    Status operator()(const Numbers<std::int64_t>& column) const {
        return check_numbers(column, ColumnType::kLong);
    }

    Status operator()(const Numbers<double>& column) const {
        return check_numbers(column, ColumnType::kDouble);
    }

    Status operator()(const Timestamps& column) const {
        TRY(check_type(ColumnType::kTimestampTz));
        return check_length(field, column.micros.size(), rows);
    }

  private:
    template <class T>
    [[nodiscard]] Status check_numbers(const Numbers<T>& column, ColumnType type) const {
        TRY(check_type(type));
        TRY(check_length(field, column.values.size(), rows));
        return check_nulls(field, column.null, rows);
    }

    [[nodiscard]] Status check_type(ColumnType given) const {
        if (field.type != given)
            return unfit(field, fmt::format("values of type {} for a column of type {}",
                                            iceberg_type_name(given), iceberg_type_name(field.type)));
        return {};
    }
};

}  // namespace

Status check_batch(const std::vector<Field>& fields, const ColumnBatch& batch) {
    if (batch.rows == 0)
        return Error{ErrorCode::kInvalidArgument, "a data file without rows is not written"};
    if (batch.columns.size() != fields.size())
        return Error{ErrorCode::kInvalidArgument, fmt::format("a batch of {} columns for a table of {}",
                                                              batch.columns.size(), fields.size())};
    for (std::size_t i = 0; i < fields.size(); ++i)
        TRY(std::visit(ColumnCheck{fields[i], batch.rows}, batch.columns[i]));
    return {};
}

Status check_partition(const std::vector<Field>& fields, const ColumnBatch& batch,
                       std::string_view partition_by, std::int32_t day) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name != partition_by)
            continue;
        for (const std::int64_t micros : std::get<Timestamps>(batch.columns[i]).micros)
            if (utc_day(instant_from_us(micros)) != day)
                return unfit(fields[i], fmt::format("{} is not in the partition of day {}",
                                                    format_rfc3339(instant_from_us(micros)),
                                                    format_date(civil_from_days(day))));
        return {};
    }
    return Error{ErrorCode::kInvalidArgument, fmt::format("the table has no column '{}'", partition_by)};
}

}  // namespace tally::lake
