#include "query/internal/tail_table.hpp"

#include "model/request_text.hpp"
#include "query/internal/duckdb_handles.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace tally::query {
namespace {

duckdb_type duckdb_type_of(ColumnType type) {
    switch (type) {
        case ColumnType::kString: return DUCKDB_TYPE_VARCHAR;
        case ColumnType::kInt: return DUCKDB_TYPE_INTEGER;
        case ColumnType::kLong: return DUCKDB_TYPE_BIGINT;
        case ColumnType::kDouble: return DUCKDB_TYPE_DOUBLE;
        case ColumnType::kTimestampTz: return DUCKDB_TYPE_TIMESTAMP_TZ;
    }
    return DUCKDB_TYPE_INVALID;
}

// One scan of the table within one query; its threads take blocks from it.
struct ScanState {
    std::vector<idx_t> columns;  // positions in kRequestsColumns, in the order DuckDB wants them
    std::atomic<std::size_t> next_block{0};
};

void delete_scan_state(void* state) {
    const std::unique_ptr<ScanState> owner(static_cast<ScanState*>(state));
}

void bind(duckdb_bind_info info) {
    const auto* table = static_cast<const TailTable*>(duckdb_bind_get_extra_info(info));
    for (const ColumnDefinition& column : kRequestsColumns) {
        const LogicalType type(duckdb_create_logical_type(duckdb_type_of(column.type)));
        duckdb_bind_add_result_column(info, std::string(column.name).c_str(), type.get());
    }
    duckdb_bind_set_cardinality(info, table->rows(), true);
}

void init(duckdb_init_info info) {
    auto state = std::make_unique<ScanState>();
    state->columns.resize(duckdb_init_get_column_count(info));
    for (idx_t i = 0; i < state->columns.size(); ++i)
        state->columns[i] = duckdb_init_get_column_index(info, i);
    const auto* table = static_cast<const TailTable*>(duckdb_init_get_extra_info(info));
    duckdb_init_set_max_threads(info, std::max<idx_t>(1, table->blocks().size()));
    duckdb_init_set_init_data(info, state.release(), delete_scan_state);
}

class ColumnWriter {
  public:
    ColumnWriter(duckdb_vector vector, const TailTable::Block& block) : vector_(vector), block_(block) {}

    void operator()(NoValue) {
        for (idx_t row = 0; row < block_.rows; ++row)
            set_null(row);
    }

    void operator()(TextValue text) {
        std::string scratch;
        for (idx_t row = 0; row < block_.rows; ++row) {
            const std::string_view value = text(block_.first[row], scratch);
            if (value.empty())
                set_null(row);
            else
                duckdb_vector_assign_string_element_len(vector_, row, value.data(), value.size());
        }
    }

    void operator()(TimeValue time) {
        auto* const out = static_cast<std::int64_t*>(duckdb_vector_get_data(vector_));
        for (idx_t row = 0; row < block_.rows; ++row)
            out[row] = to_us(time(block_.first[row]));
    }

    void operator()(IntValue number) { write_numbers<std::int32_t>(number); }

    void operator()(LongValue number) { write_numbers<std::int64_t>(number); }

    void operator()(DoubleValue number) { write_numbers<double>(number); }

  private:
    template <class Number, class Function>
    void write_numbers(Function number) {
        auto* const out = static_cast<Number*>(duckdb_vector_get_data(vector_));
        for (idx_t row = 0; row < block_.rows; ++row) {
            const std::optional<Number> value = number(block_.first[row]);
            out[row] = value.value_or(Number{});
            if (!value.has_value())
                set_null(row);
        }
    }

    void set_null(idx_t row) {
        if (validity_ == nullptr) {
            duckdb_vector_ensure_validity_writable(vector_);
            validity_ = duckdb_vector_get_validity(vector_);
        }
        duckdb_validity_set_row_invalid(validity_, row);
    }

    duckdb_vector vector_;
    const TailTable::Block& block_;
    std::uint64_t* validity_ = nullptr;  // nullptr while there was no null
};

void fill(duckdb_function_info info, duckdb_data_chunk chunk) {
    const auto* table = static_cast<const TailTable*>(duckdb_function_get_extra_info(info));
    auto* state = static_cast<ScanState*>(duckdb_function_get_init_data(info));
    const std::size_t taken = state->next_block.fetch_add(1, std::memory_order_relaxed);
    if (taken >= table->blocks().size()) {
        duckdb_data_chunk_set_size(chunk, 0);
        return;
    }
    const TailTable::Block& block = table->blocks()[taken];
    try {
        for (idx_t i = 0; i < state->columns.size(); ++i) {
            // count(*) asks for no column of ours, but for a row number that it does not read.
            if (state->columns[i] >= kRequestValues.size())
                continue;
            std::visit(ColumnWriter(duckdb_data_chunk_get_vector(chunk, i), block),
                       kRequestValues[state->columns[i]]);
        }
    } catch (const std::exception& error) {
        duckdb_function_set_error(info, error.what());
        return;
    }
    duckdb_data_chunk_set_size(chunk, block.rows);
}

}  // namespace

TailTable::TailTable(const std::vector<capture::Scan>& scans) {
    const std::size_t rows_max = duckdb_vector_size();
    for (const capture::Scan& scan : scans) {
        for (std::size_t first = 0; first < scan.records.size(); first += rows_max)
            blocks_.push_back({&scan.records[first], std::min(rows_max, scan.records.size() - first)});
        rows_ += scan.records.size();
    }
}

Status TailTable::register_in(duckdb_connection connection) const {
    const TableFunction function(duckdb_create_table_function());
    duckdb_table_function_set_name(function.get(), kName);
    // DuckDB hands the pointer back untyped; every callback reads through a pointer to const again.
    duckdb_table_function_set_extra_info(function.get(), const_cast<TailTable*>(this), nullptr);
    duckdb_table_function_set_bind(function.get(), bind);
    duckdb_table_function_set_init(function.get(), init);
    duckdb_table_function_set_function(function.get(), fill);
    duckdb_table_function_supports_projection_pushdown(function.get(), true);
    if (duckdb_register_table_function(connection, function.get()) != DuckDBSuccess)
        return Error{ErrorCode::kInternal, "DuckDB did not take the table of captured records"};
    return {};
}

}  // namespace tally::query
