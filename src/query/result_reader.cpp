#include "query/internal/result_reader.hpp"

#include "base/decimal.hpp"
#include "base/json_writer.hpp"
#include "base/time_text.hpp"
#include "query/internal/duckdb_handles.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace tally::query {
namespace {

__extension__ using UInt128 = unsigned __int128;

std::string take_text(char* text) {
    std::string taken = text == nullptr ? std::string{} : std::string(text);
    duckdb_free(text);
    return taken;
}

// The SQL name of a type; empty for a type that has no notation here.
std::string type_name(duckdb_logical_type type);

std::string struct_name(duckdb_logical_type type) {
    std::string name = "STRUCT(";
    for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
        const LogicalType child(duckdb_struct_type_child_type(type, i));
        const std::string child_type = type_name(child.get());
        if (child_type.empty())
            return {};
        name += fmt::format("{}{} {}", i == 0 ? "" : ", ", take_text(duckdb_struct_type_child_name(type, i)),
                            child_type);
    }
    return name + ")";
}

std::string map_name(duckdb_logical_type type) {
    const LogicalType key(duckdb_map_type_key_type(type));
    const LogicalType value(duckdb_map_type_value_type(type));
    const std::string key_name = type_name(key.get());
    const std::string value_name = type_name(value.get());
    return key_name.empty() || value_name.empty() ? std::string{}
                                                  : fmt::format("MAP({}, {})", key_name, value_name);
}

std::string list_name(LogicalType child, const std::string& suffix) {
    const std::string name = type_name(child.get());
    return name.empty() ? name : name + suffix;
}

std::string scalar_name(duckdb_type id) {
    switch (id) {
        case DUCKDB_TYPE_BOOLEAN: return "BOOLEAN";
        case DUCKDB_TYPE_TINYINT: return "TINYINT";
        case DUCKDB_TYPE_SMALLINT: return "SMALLINT";
        case DUCKDB_TYPE_INTEGER: return "INTEGER";
        case DUCKDB_TYPE_BIGINT: return "BIGINT";
        case DUCKDB_TYPE_UTINYINT: return "UTINYINT";
        case DUCKDB_TYPE_USMALLINT: return "USMALLINT";
        case DUCKDB_TYPE_UINTEGER: return "UINTEGER";
        case DUCKDB_TYPE_UBIGINT: return "UBIGINT";
        case DUCKDB_TYPE_HUGEINT: return "HUGEINT";
        case DUCKDB_TYPE_UHUGEINT: return "UHUGEINT";
        case DUCKDB_TYPE_FLOAT: return "FLOAT";
        case DUCKDB_TYPE_DOUBLE: return "DOUBLE";
        case DUCKDB_TYPE_VARCHAR: return "VARCHAR";
        case DUCKDB_TYPE_BLOB: return "BLOB";
        case DUCKDB_TYPE_UUID: return "UUID";
        case DUCKDB_TYPE_DATE: return "DATE";
        case DUCKDB_TYPE_TIME: return "TIME";
        case DUCKDB_TYPE_INTERVAL: return "INTERVAL";
        case DUCKDB_TYPE_TIMESTAMP: return "TIMESTAMP";
        case DUCKDB_TYPE_TIMESTAMP_S: return "TIMESTAMP_S";
        case DUCKDB_TYPE_TIMESTAMP_MS: return "TIMESTAMP_MS";
        case DUCKDB_TYPE_TIMESTAMP_NS: return "TIMESTAMP_NS";
        case DUCKDB_TYPE_TIMESTAMP_TZ: return "TIMESTAMP WITH TIME ZONE";
        case DUCKDB_TYPE_ENUM: return "ENUM";
        case DUCKDB_TYPE_SQLNULL: return "NULL";
        default: return {};
    }
}

std::string type_name(duckdb_logical_type type) {
    const duckdb_type id = duckdb_get_type_id(type);
    switch (id) {
        case DUCKDB_TYPE_DECIMAL:
            return fmt::format("DECIMAL({},{})", duckdb_decimal_width(type), duckdb_decimal_scale(type));
        case DUCKDB_TYPE_LIST: return list_name(LogicalType(duckdb_list_type_child_type(type)), "[]");
        case DUCKDB_TYPE_ARRAY:
            return list_name(LogicalType(duckdb_array_type_child_type(type)),
                             fmt::format("[{}]", duckdb_array_type_array_size(type)));
        case DUCKDB_TYPE_STRUCT: return struct_name(type);
        case DUCKDB_TYPE_MAP: return map_name(type);
        default: return scalar_name(id);
    }
}

std::string unsigned_text(UInt128 number) {
    std::string digits;
    do
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(number % 10)));
    while ((number /= 10) != 0);
    return digits;
}

Int128 from_halves(std::int64_t upper, std::uint64_t lower) {
    return static_cast<Int128>((static_cast<UInt128>(static_cast<std::uint64_t>(upper)) << 64) | lower);
}

Cell whole_number(Int128 number) {
    if (number >= std::numeric_limits<std::int64_t>::min() &&
        number <= std::numeric_limits<std::int64_t>::max())
        return Cell{static_cast<std::int64_t>(number)};
    return Cell{Decimal::from_coefficient(number, 0).str()};
}

Cell double_cell(double number) {
    if (std::isfinite(number))
        return Cell{number};
    return Cell{std::string(std::isnan(number) ? "nan" : number > 0 ? "infinity" : "-infinity")};
}

std::string timestamp_text(std::int64_t micros) {
    constexpr std::int64_t kInfinity = std::numeric_limits<std::int64_t>::max();
    if (micros == kInfinity || micros == -kInfinity)
        return micros > 0 ? "infinity" : "-infinity";
    return format_rfc3339(instant_from_us(micros));
}

std::string date_text(std::int32_t days) {
    constexpr std::int32_t kInfinity = std::numeric_limits<std::int32_t>::max();
    if (days == kInfinity || days == -kInfinity)
        return days > 0 ? "infinity" : "-infinity";
    return format_date(civil_from_days(days));
}

std::string time_text(std::int64_t micros) {
    const std::int64_t seconds = micros / 1'000'000;
    std::string text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (micros % 1'000'000 != 0)
        text += fmt::format(".{:06}", micros % 1'000'000);
    return text;
}

// ISO 8601: "P1Y2M3DT4.5S"; the three parts have their own signs, as they have in DuckDB.
std::string interval_text(const duckdb_interval& interval) {
    std::string text = "P";
    if (interval.months / 12 != 0)
        text += fmt::format("{}Y", interval.months / 12);
    if (interval.months % 12 != 0)
        text += fmt::format("{}M", interval.months % 12);
    if (interval.days != 0)
        text += fmt::format("{}D", interval.days);
    if (interval.micros != 0 || text.size() == 1)
        text += fmt::format("T{}S", Decimal::from_coefficient(interval.micros, 6).normalized_str());
    return text;
}

std::string uuid_text(const duckdb_hugeint& value) {
    // DuckDB flips the top bit so that UUIDs sort as signed numbers.
    const std::uint64_t upper = static_cast<std::uint64_t>(value.upper) ^ (1ULL << 63);
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", upper >> 32, (upper >> 16) & 0xFFFF,
                       upper & 0xFFFF, value.lower >> 48, value.lower & 0xFFFFFFFFFFFFULL);
}

std::string hex_text(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes)
        text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return text;
}

void write_json(JsonWriter& json, const Cell& cell) {
    if (std::holds_alternative<std::monostate>(cell.value))
        json.null();
    else if (const auto* boolean = std::get_if<bool>(&cell.value))
        json.boolean(*boolean);
    else if (const auto* whole = std::get_if<std::int64_t>(&cell.value))
        json.number(*whole);
    else if (const auto* number = std::get_if<double>(&cell.value))
        json.number(*number);
    else
        json.string(std::get<std::string>(cell.value));
}

// Reads one vector, and those below it where its type is nested.
class VectorReader {
  public:
    explicit VectorReader(duckdb_vector vector)
        : type_(duckdb_vector_get_column_type(vector)),
          id_(duckdb_get_type_id(type_.get())),
          data_(duckdb_vector_get_data(vector)),
          validity_(duckdb_vector_get_validity(vector)) {
        if (id_ == DUCKDB_TYPE_LIST || id_ == DUCKDB_TYPE_MAP)
            children_.emplace_back(duckdb_list_vector_get_child(vector));
        else if (id_ == DUCKDB_TYPE_ARRAY)
            children_.emplace_back(duckdb_array_vector_get_child(vector));
        else if (id_ == DUCKDB_TYPE_STRUCT)
            add_members(vector);
    }

    [[nodiscard]] Cell read(idx_t row) const {
        if (validity_ != nullptr && !duckdb_validity_row_is_valid(validity_, row))
            return Cell{};
        if (is_nested()) {
            JsonWriter json;
            write_nested(json, row);
            return Cell{json.take()};
        }
        return read_scalar(row);
    }

  private:
    void add_members(duckdb_vector vector) {
        for (idx_t i = 0; i < duckdb_struct_type_child_count(type_.get()); ++i) {
            names_.push_back(take_text(duckdb_struct_type_child_name(type_.get(), i)));
            children_.emplace_back(duckdb_struct_vector_get_child(vector, i));
        }
    }

    [[nodiscard]] bool is_nested() const {
        return id_ == DUCKDB_TYPE_LIST || id_ == DUCKDB_TYPE_ARRAY || id_ == DUCKDB_TYPE_MAP ||
               id_ == DUCKDB_TYPE_STRUCT;
    }

    void write(JsonWriter& json, idx_t row) const {
        if (!is_nested() || (validity_ != nullptr && !duckdb_validity_row_is_valid(validity_, row)))
            write_json(json, read(row));
        else
            write_nested(json, row);
    }

    void write_nested(JsonWriter& json, idx_t row) const {
        if (id_ == DUCKDB_TYPE_STRUCT) {
            json.begin_object();
            for (std::size_t i = 0; i < children_.size(); ++i)
                children_[i].write(json.key(names_[i]), row);
            json.end_object();
            return;
        }
        const duckdb_list_entry entry = entry_of(row);
        if (id_ == DUCKDB_TYPE_MAP) {
            write_map(json, entry);
            return;
        }
        json.begin_array();
        for (idx_t i = 0; i < entry.length; ++i)
            children_[0].write(json, entry.offset + i);
        json.end_array();
    }

    [[nodiscard]] duckdb_list_entry entry_of(idx_t row) const {
        if (id_ != DUCKDB_TYPE_ARRAY)
            return at<duckdb_list_entry>(row);
        const idx_t size = duckdb_array_type_array_size(type_.get());
        return duckdb_list_entry{row * size, size};
    }

    // A map is a list of structs (key, value).
    void write_map(JsonWriter& json, const duckdb_list_entry& entry) const {
        const std::vector<VectorReader>& key_and_value = children_[0].children_;
        json.begin_object();
        for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
            const Cell key = key_and_value[0].read(i);
            const auto* text = std::get_if<std::string>(&key.value);
            JsonWriter other;
            if (text == nullptr)
                write_json(other, key);
            json.key(text == nullptr ? other.take() : *text);
            key_and_value[1].write(json, i);
        }
        json.end_object();
    }

    template <class T>
    [[nodiscard]] const T& at(idx_t row) const {
        return static_cast<const T*>(data_)[row];
    }

    [[nodiscard]] std::string_view text_at(idx_t row) const {
        const auto* text = static_cast<const duckdb_string_t*>(data_) + row;
        const std::uint32_t size = duckdb_string_t_length(*text);
        return {duckdb_string_is_inlined(*text) ? text->value.inlined.inlined : text->value.pointer.ptr,
                size};
    }

    [[nodiscard]] Int128 integer_at(duckdb_type id, idx_t row) const {
        switch (id) {
            case DUCKDB_TYPE_TINYINT: return at<std::int8_t>(row);
            case DUCKDB_TYPE_SMALLINT: return at<std::int16_t>(row);
            case DUCKDB_TYPE_INTEGER: return at<std::int32_t>(row);
            case DUCKDB_TYPE_UTINYINT: return at<std::uint8_t>(row);
            case DUCKDB_TYPE_USMALLINT: return at<std::uint16_t>(row);
            case DUCKDB_TYPE_UINTEGER: return at<std::uint32_t>(row);
            case DUCKDB_TYPE_UBIGINT: return at<std::uint64_t>(row);
            case DUCKDB_TYPE_HUGEINT:
                return from_halves(at<duckdb_hugeint>(row).upper, at<duckdb_hugeint>(row).lower);
            default: return at<std::int64_t>(row);
        }
    }

    [[nodiscard]] std::string enum_text(idx_t row) const {
        const Int128 index = integer_at(duckdb_enum_internal_type(type_.get()), row);
        return take_text(duckdb_enum_dictionary_value(type_.get(), static_cast<idx_t>(index)));
    }

    [[nodiscard]] std::string decimal_text(idx_t row) const {
        const Int128 coefficient = integer_at(duckdb_decimal_internal_type(type_.get()), row);
        return Decimal::from_coefficient(coefficient, duckdb_decimal_scale(type_.get())).str();
    }

    [[nodiscard]] std::string uhugeint_text(idx_t row) const {
        const auto& halves = at<duckdb_uhugeint>(row);
        return unsigned_text((static_cast<UInt128>(halves.upper) << 64) | halves.lower);
    }

    [[nodiscard]] std::string nanosecond_text(idx_t row) const {
        // Seven to nine digits behind the point are cut, as parse_rfc3339 does.
        return timestamp_text(at<std::int64_t>(row) / 1000);
    }

    [[nodiscard]] Cell read_scalar(idx_t row) const {
        switch (id_) {
            case DUCKDB_TYPE_BOOLEAN: return Cell{at<bool>(row)};
            case DUCKDB_TYPE_FLOAT: return double_cell(static_cast<double>(at<float>(row)));
            case DUCKDB_TYPE_DOUBLE: return double_cell(at<double>(row));
            case DUCKDB_TYPE_VARCHAR: return Cell{std::string(text_at(row))};
            case DUCKDB_TYPE_BLOB: return Cell{hex_text(text_at(row))};
            case DUCKDB_TYPE_UUID: return Cell{uuid_text(at<duckdb_hugeint>(row))};
            case DUCKDB_TYPE_DATE: return Cell{date_text(at<std::int32_t>(row))};
            case DUCKDB_TYPE_TIME: return Cell{time_text(at<std::int64_t>(row))};
            case DUCKDB_TYPE_INTERVAL: return Cell{interval_text(at<duckdb_interval>(row))};
            case DUCKDB_TYPE_TIMESTAMP:
            case DUCKDB_TYPE_TIMESTAMP_TZ: return Cell{timestamp_text(at<std::int64_t>(row))};
            case DUCKDB_TYPE_TIMESTAMP_S: return Cell{timestamp_text(at<std::int64_t>(row) * 1'000'000)};
            case DUCKDB_TYPE_TIMESTAMP_MS: return Cell{timestamp_text(at<std::int64_t>(row) * 1000)};
            case DUCKDB_TYPE_TIMESTAMP_NS: return Cell{nanosecond_text(row)};
            case DUCKDB_TYPE_ENUM: return Cell{enum_text(row)};
            case DUCKDB_TYPE_DECIMAL: return Cell{decimal_text(row)};
            case DUCKDB_TYPE_UHUGEINT: return Cell{uhugeint_text(row)};
            case DUCKDB_TYPE_SQLNULL: return Cell{};
            default: return whole_number(integer_at(id_, row));
        }
    }

    LogicalType type_;
    duckdb_type id_;
    const void* data_;
    std::uint64_t* validity_;
    std::vector<std::string> names_;
    std::vector<VectorReader> children_;
};

std::size_t text_bytes(const Cell& cell) {
    const auto* text = std::get_if<std::string>(&cell.value);
    return text == nullptr ? 0 : text->size();
}

}  // namespace

Result<std::vector<ResultColumn>> result_columns(const duckdb_result& result) {
    duckdb_result view = result;  // the calls take a pointer to non-const and change nothing
    std::vector<ResultColumn> columns;
    for (idx_t i = 0; i < duckdb_column_count(&view); ++i) {
        const LogicalType type(duckdb_column_logical_type(&view, i));
        ResultColumn column{duckdb_column_name(&view, i), type_name(type.get())};
        if (column.type.empty())
            return Error{ErrorCode::kUnsupported,
                         fmt::format("column {} ({}) is of a type that cannot be shown; "
                                     "cast it to VARCHAR",
                                     i + 1, column.name)};
        columns.push_back(std::move(column));
    }
    return columns;
}

std::size_t append_rows(duckdb_data_chunk chunk, std::vector<std::vector<Cell>>& rows) {
    std::vector<VectorReader> readers;
    for (idx_t i = 0; i < duckdb_data_chunk_get_column_count(chunk); ++i)
        readers.emplace_back(duckdb_data_chunk_get_vector(chunk, i));
    std::size_t bytes = 0;
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk); ++row) {
        std::vector<Cell>& cells = rows.emplace_back();
        cells.reserve(readers.size());
        for (const VectorReader& reader : readers)
            bytes += text_bytes(cells.emplace_back(reader.read(row)));
    }
    return bytes;
}

}  // namespace tally::query
