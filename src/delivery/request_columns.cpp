#include "delivery/request_columns.hpp"

#include "delivery/text_column.hpp"
#include "model/request_text.hpp"
#include "model/requests_table.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tally::delivery {
namespace {

using Rows = std::span<const RequestRecord* const>;

// Rows are appended block by block, all columns of a block before the next: a record and its strings are
// fetched from memory once and not once for each of 55 columns.
constexpr std::size_t kBlockRows = 128;

// Collects one column.
class Appender {
  public:
    virtual ~Appender() = default;
    virtual void append(Rows rows) = 0;
    virtual lake::Column take() = 0;
};

// The field that an encoded column is a function of. Encoding costs many times what comparing does, and rows
// of one key often repeat it.
using Source = std::string_view RequestRecord::*;

Source encoded_from(std::size_t column) {
    switch (column) {
        case requests_column("cs_headers"):
        case requests_column("cs_header_names"): return &RequestRecord::headers;
        case requests_column("cs_user_agent"): return &RequestRecord::user_agent;
        default: return nullptr;
    }
}

class TextAppender final : public Appender {
  public:
    TextAppender(TextValue value, std::size_t rows) : value_(value), column_(rows) {}

    void append(Rows rows) override {
        for (const RequestRecord* row : rows)
            column_.add(value_(*row, scratch_));
    }

    lake::Column take() override { return column_.take(); }

  private:
    TextValue value_;
    std::string scratch_;
    TextColumn column_;
};

class EncodedTextAppender final : public Appender {
  public:
    EncodedTextAppender(TextValue value, Source source, std::size_t rows)
        : value_(value), source_(source), column_(rows) {}

    void append(Rows rows) override {
        for (const RequestRecord* row : rows) {
            const std::string_view source = row->*source_;
            if (last_.has_value() && *last_ == source) {
                column_.repeat();
            } else {
                column_.add(value_(*row, scratch_));
                last_ = source;
            }
        }
    }

    lake::Column take() override { return column_.take(); }

  private:
    TextValue value_;
    Source source_;
    std::string scratch_;
    std::optional<std::string_view> last_;
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

    lake::Column take() override { return std::move(numbers_); }

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

    lake::Column take() override { return std::move(times_); }

  private:
    TimeValue value_;
    lake::Timestamps times_;
};

// A column without a source: null in every row.
class NullAppender final : public Appender {
  public:
    NullAppender(ColumnType type, std::size_t rows) : type_(type), rows_(rows) {}

    void append(Rows) override {}

    lake::Column take() override {
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
        if (const Source source = encoded_from(column); source != nullptr)
            return std::make_unique<EncodedTextAppender>(value, source, rows);
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

}  // namespace

lake::ColumnBatch request_columns(std::span<const RequestRecord* const> rows) {
    std::vector<std::unique_ptr<Appender>> appenders;
    appenders.reserve(kRequestsColumns.size());
    for (std::size_t column = 0; column < kRequestsColumns.size(); ++column)
        appenders.push_back(std::visit(MakeAppender{column, rows.size()}, kRequestValues[column]));

    for (std::size_t begin = 0; begin < rows.size(); begin += kBlockRows) {
        const Rows block = rows.subspan(begin, std::min(kBlockRows, rows.size() - begin));
        for (const auto& appender : appenders)
            appender->append(block);
    }

    lake::ColumnBatch batch;
    batch.rows = rows.size();
    batch.columns.reserve(appenders.size());
    for (const auto& appender : appenders)
        batch.columns.push_back(appender->take());
    return batch;
}

}  // namespace tally::delivery
