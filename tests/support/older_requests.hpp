#pragma once

#include "lake/table.hpp"
#include "model/requests_table.hpp"

#include <span>
#include <string>

#include <fmt/format.h>

namespace tally::test {

// How many columns `requests` had in its first version: all but `principal` and what came later.
inline constexpr std::size_t kFirstColumns = requests_column("principal");

// The rows' day, before any that tests deliver.
inline constexpr std::int32_t kOlderDay = 20'000;

inline lake::TableDefinition first_requests_definition() {
    return {.name = "requests",
            .fields = lake::fields_from(std::span(kRequestsColumns).first(kFirstColumns)),
            .partition_by = "timestamp",
            .sort_by = {"api_key_id", "timestamp"}};
}

inline lake::Column older_column(const ColumnDefinition& column, std::size_t rows) {
    lake::CodedStrings texts;
    lake::Timestamps times;
    for (std::size_t row = 0; row < rows; ++row) {
        texts.values.push_back(fmt::format("{}-{}", column.name, row));
        texts.codes.push_back(static_cast<std::int32_t>(row));
        times.micros.push_back(kOlderDay * 86'400'000'000 + static_cast<std::int64_t>(row));
    }
    switch (column.type) {
        case ColumnType::kInt: return lake::Numbers<std::int32_t>{std::vector<std::int32_t>(rows, 200), {}};
        case ColumnType::kLong: return lake::Numbers<std::int64_t>{std::vector<std::int64_t>(rows, 8), {}};
        case ColumnType::kDouble: return lake::Numbers<double>{std::vector<double>(rows, 0.5), {}};
        case ColumnType::kTimestampTz: return times;
        case ColumnType::kString: break;
    }
    return texts;
}

// A table as the first version left it, with `rows` rows in one file. Texts are "<column>-<row>".
inline Status write_older_requests(const lake::LakeServices& services, std::size_t rows) {
    TRY_ASSIGN(const lake::Table table, lake::Table::open_or_create(services, first_requests_definition()));
    lake::ColumnBatch batch{.rows = rows, .columns = {}};
    for (const ColumnDefinition& column : std::span(kRequestsColumns).first(kFirstColumns))
        batch.columns.push_back(older_column(column, rows));
    TRY_ASSIGN(auto file, table.write_file(batch, kOlderDay));
    TRY(table.append({.files = {file}, .summary = {}}));
    return {};
}

}  // namespace tally::test
