#include "delivery/request_columns.hpp"

#include "base/assert.hpp"
#include "delivery/text_column.hpp"
#include "delivery/text_source.hpp"
#include "model/request_text.hpp"
#include "model/requests_table.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tally::delivery {
namespace {

using Rows = std::span<const RequestRecord* const>;

// Rows are appended block by block, all columns of a block before the next, and in the order in which they
// lie in memory: a record and its strings are fetched once, and the processor sees them coming. Each column
// is put into the file's order at the end, when it is small and near. Going through the records in the file's
// order takes half as long again.
constexpr std::size_t kBlockRows = 64;

using Order = std::span<const std::uint32_t>;

// Collects one column.
class Appender {
  public:
    virtual ~Appender() = default;
    virtual void append(Rows rows) = 0;
    virtual lake::Column take(Order order) = 0;
};

class TextAppender final : public Appender {
  public:
    TextAppender(TextValue value, std::size_t rows) : value_(value), column_(rows) {}

    void append(Rows rows) override {
        for (const RequestRecord* row : rows)
            column_.add(value_(*row, scratch_));
    }

    lake::Column take(Order order) override { return column_.take(order); }

  private:
    TextValue value_;
    std::string scratch_;
    TextColumn column_;
};

class DerivedTextAppender final : public Appender {
  public:
    DerivedTextAppender(TextValue value, TextSource source, std::size_t rows)
        : value_(value), source_(source), column_(rows) {}

    void append(Rows rows) override {
        for (const RequestRecord* row : rows)
            column_.add_derived(source_(*row), [&] { return value_(*row, scratch_); });
    }

    lake::Column take(Order order) override { return column_.take(order); }

  private:
    TextValue value_;
    TextSource source_;
    std::string scratch_;
    TextColumn column_;
};

template <class T, class Value>
class NumberAppender final : public Appender {
  public:
    NumberAppender(Value value, std::size_t rows) : value_(value), rows_(rows) {
        numbers_.values.reserve(rows);
    }

    void append(Rows rows) override {
        for (const RequestRecord* row : rows) {
            const std::optional<T> number = value_(*row);
            if (!number.has_value() && numbers_.null.empty()) {
                numbers_.null.reserve(rows_);
                numbers_.null.assign(numbers_.values.size(), false);
            }
            numbers_.values.push_back(number.value_or(T{}));
            if (!number.has_value() || !numbers_.null.empty())
                numbers_.null.push_back(!number.has_value());
        }
    }

    lake::Column take(Order order) override {
        lake::Numbers<T> ordered;
        ordered.values.reserve(order.size());
        for (const std::uint32_t row : order)
            ordered.values.push_back(numbers_.values[row]);
        if (!numbers_.null.empty()) {
            ordered.null.reserve(order.size());
            for (const std::uint32_t row : order)
                ordered.null.push_back(numbers_.null[row]);
        }
        return ordered;
    }

  private:
    Value value_;
    std::size_t rows_;
    lake::Numbers<T> numbers_;
};

class TimeAppender final : public Appender {
  public:
    TimeAppender(TimeValue value, std::size_t rows) : value_(value) { times_.micros.reserve(rows); }

    void append(Rows rows) override {
        for (const RequestRecord* row : rows)
            times_.micros.push_back(to_us(value_(*row)));
    }

    lake::Column take(Order order) override {
        lake::Timestamps ordered;
        ordered.micros.reserve(order.size());
        for (const std::uint32_t row : order)
            ordered.micros.push_back(times_.micros[row]);
        return ordered;
    }

  private:
    TimeValue value_;
    lake::Timestamps times_;
};

// A column without a source: null in every row.
class NullAppender final : public Appender {
  public:
    NullAppender(ColumnType type, std::size_t rows) : type_(type), rows_(rows) {}

    void append(Rows) override {}

    lake::Column take(Order) override {
        switch (type_) {
            case ColumnType::kInt: return nulls<std::int32_t>();
            case ColumnType::kLong: return nulls<std::int64_t>();
            case ColumnType::kDouble: return nulls<double>();
            case ColumnType::kString:
            case ColumnType::kTimestampTz:
                break;  // a timestamp is never without a source (asserted in model)
        }
        return lake::CodedStrings{{}, std::vector<std::int32_t>(rows_, -1)};
    }

  private:
    template <class T>
    lake::Column nulls() const {
        return lake::Numbers<T>{std::vector<T>(rows_), std::vector<bool>(rows_, true)};
    }

    ColumnType type_;
    std::size_t rows_;
};

struct MakeAppender {
    std::size_t column;
    std::size_t rows;

    std::unique_ptr<Appender> operator()(TextValue value) const {
        if (const TextSource source = text_source(column); source != nullptr)
            return std::make_unique<DerivedTextAppender>(value, source, rows);
        return std::make_unique<TextAppender>(value, rows);
    }

    std::unique_ptr<Appender> operator()(IntValue value) const {
        return std::make_unique<NumberAppender<std::int32_t, IntValue>>(value, rows);
    }

    std::unique_ptr<Appender> operator()(LongValue value) const {
        return std::make_unique<NumberAppender<std::int64_t, LongValue>>(value, rows);
    }

    std::unique_ptr<Appender> operator()(DoubleValue value) const {
        return std::make_unique<NumberAppender<double, DoubleValue>>(value, rows);
    }

    std::unique_ptr<Appender> operator()(TimeValue value) const {
        return std::make_unique<TimeAppender>(value, rows);
    }

    std::unique_ptr<Appender> operator()(NoValue) const {
        return std::make_unique<NullAppender>(kRequestsColumns[column].type, rows);
    }
};

// An earlier column with the same values, whose bytes are copied; nullopt when there is none.
std::optional<std::size_t> earlier_twin(std::size_t column) {
    const auto* value = std::get_if<TextValue>(&kRequestValues[column]);
    for (std::size_t i = 0; value != nullptr && i < column; ++i)
        if (const auto* earlier = std::get_if<TextValue>(&kRequestValues[i]);
            earlier != nullptr && *earlier == *value)
            return i;
    return std::nullopt;
}

}  // namespace

lake::ColumnBatch request_columns(const FileRows& file) {
    const Rows rows = file.rows;
    TALLY_ASSERT(file.order.size() == rows.size(), "each row has its place in the file");
    std::vector<std::unique_ptr<Appender>> appenders;
    appenders.reserve(kRequestsColumns.size());
    for (std::size_t column = 0; column < kRequestsColumns.size(); ++column)
        if (!earlier_twin(column).has_value())
            appenders.push_back(std::visit(MakeAppender{column, rows.size()}, kRequestValues[column]));

    for (std::size_t begin = 0; begin < rows.size(); begin += kBlockRows) {
        const Rows block = rows.subspan(begin, std::min(kBlockRows, rows.size() - begin));
        for (const auto& appender : appenders)
            appender->append(block);
    }

    lake::ColumnBatch batch;
    batch.rows = rows.size();
    batch.columns.reserve(kRequestsColumns.size());
    for (auto next = appenders.begin(); batch.columns.size() < kRequestsColumns.size();) {
        if (const auto twin = earlier_twin(batch.columns.size()); twin.has_value()) {
            batch.columns.push_back(lake::Column(batch.columns[*twin]));
            continue;
        }
        batch.columns.push_back((*next)->take(file.order));
        (next++)->reset();
    }
    return batch;
}

}  // namespace tally::delivery
