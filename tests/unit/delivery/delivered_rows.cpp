#include "delivered_rows.hpp"

#include "lake/location.hpp"

#include <algorithm>
#include <exception>

#include <parquet/column_reader.h>
#include <parquet/file_reader.h>

namespace tally::test {
namespace {

void read_ids(parquet::RowGroupReader& group, std::vector<std::string>& ids) {
    const auto column = group.Column(0);  // record_id is the first field, and required
    auto& reader = dynamic_cast<parquet::ByteArrayReader&>(*column);
    std::vector<parquet::ByteArray> values(1024);
    while (reader.HasNext()) {
        std::int64_t got = 0;
        reader.ReadBatch(static_cast<std::int64_t>(values.size()), nullptr, nullptr, values.data(), &got);
        for (std::int64_t i = 0; i < got; ++i) {
            const parquet::ByteArray& value = values[static_cast<std::size_t>(i)];
            ids.emplace_back(reinterpret_cast<const char*>(value.ptr), value.len);
        }
    }
}

}  // namespace

Result<std::vector<std::string>> delivered_record_ids(const lake::Table& table) {
    TRY_ASSIGN(const auto state, table.state());
    std::vector<std::string> ids;
    if (!state.current.has_value())
        return ids;
    TRY_ASSIGN(const auto files, table.files(state, *state.current));
    for (const lake::DataFile& file : files) {
        TRY_ASSIGN(const Path path, lake::path_of(file.path));
        try {
            const auto reader = parquet::ParquetFileReader::OpenFile(path.string());
            for (int group = 0; group < reader->metadata()->num_row_groups(); ++group)
                read_ids(*reader->RowGroup(group), ids);
        } catch (const std::exception& error) {
            return Error{ErrorCode::kCorruption, path.string() + ": " + error.what()};
        }
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

}  // namespace tally::test
