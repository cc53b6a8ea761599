#include "lake/parquet_file.hpp"

#include "lake/file_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/statistics.h>

namespace tally::lake {
namespace {

constexpr int kZstdLevel = 1;
constexpr std::size_t kSinkBufferSize = 256UL * 1024;

struct RowRange {
    std::size_t begin = 0;
    std::size_t end = 0;

    [[nodiscard]] std::size_t size() const { return end - begin; }
};

// Arrow's view of our WritableFile. Keeps the first error as we know it, because Arrow passes on only text.
class Sink final : public arrow::io::OutputStream {
  public:
    explicit Sink(WritableFile& file) : file_(file) { buffer_.reserve(kSinkBufferSize); }

    arrow::Status Write(const void* data, std::int64_t size) override {
        const auto* bytes = static_cast<const std::byte*>(data);
        written_ += size;
        if (buffer_.size() + static_cast<std::size_t>(size) > kSinkBufferSize) {
            ARROW_RETURN_NOT_OK(flush_buffer());
            if (static_cast<std::size_t>(size) > kSinkBufferSize)
                return pass_on({bytes, static_cast<std::size_t>(size)});
        }
        buffer_.insert(buffer_.end(), bytes, bytes + size);
        return arrow::Status::OK();
    }

    arrow::Status Flush() override { return arrow::Status::OK(); }

    arrow::Status Close() override {
        closed_ = true;
        return flush_buffer();
    }

    [[nodiscard]] bool closed() const override { return closed_; }

    [[nodiscard]] arrow::Result<std::int64_t> Tell() const override { return written_; }

    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  private:
    arrow::Status flush_buffer() {
        const arrow::Status status = pass_on(buffer_);
        buffer_.clear();
        return status;
    }

    arrow::Status pass_on(std::span<const std::byte> bytes) {
        if (!error_.has_value())
            if (auto status = file_.append(bytes); !status.ok())
                error_ = std::move(status).error();
        return error_.has_value() ? arrow::Status::IOError(error_->message) : arrow::Status::OK();
    }

    WritableFile& file_;
    std::vector<std::byte> buffer_;
    std::int64_t written_ = 0;
    bool closed_ = false;
    std::optional<Error> error_;
};

// jemalloc gives freed memory back to the system sooner than the default pool of the pyarrow build: half the
// resident memory at equal speed.
arrow::MemoryPool* memory_pool() {
    arrow::MemoryPool* pool = nullptr;
    return arrow::jemalloc_memory_pool(&pool).ok() ? pool : arrow::default_memory_pool();
}

template <class T>
std::shared_ptr<arrow::Buffer> view_of(const T* data, std::size_t count) {
    return std::make_shared<arrow::Buffer>(reinterpret_cast<const std::uint8_t*>(data),
                                           static_cast<std::int64_t>(count * sizeof(T)));
}

// Arrow's validity bits of a row range; nullptr when all rows are there.
template <class IsNull>
std::shared_ptr<arrow::Buffer> validity(RowRange rows, const IsNull& is_null) {
    std::vector<std::uint8_t> bits((rows.size() + 7) / 8);
    bool all = true;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool here = !is_null(rows.begin + i);
        all = all && here;
        bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | (here ? 1U << (i % 8) : 0U));
    }
    return all ? nullptr : arrow::Buffer::FromVector(std::move(bits));
}

std::shared_ptr<arrow::Buffer> validity(RowRange rows, const std::vector<bool>& null) {
    if (null.empty())
        return nullptr;
    return validity(rows, [&null](std::size_t row) { return null[row]; });
}

std::shared_ptr<arrow::Array> make_array(std::shared_ptr<arrow::DataType> type, std::size_t rows,
                                         std::vector<std::shared_ptr<arrow::Buffer>> buffers) {
    return arrow::MakeArray(
        arrow::ArrayData::Make(std::move(type), static_cast<std::int64_t>(rows), std::move(buffers)));
}

std::shared_ptr<arrow::DataType> coded_type() {
    return arrow::dictionary(arrow::int32(), arrow::utf8());
}

std::shared_ptr<arrow::Array> string_array(const std::vector<std::string_view>& values) {
    std::vector<std::int32_t> offsets{0};
    std::string bytes;
    for (const std::string_view value : values) {
        bytes += value;
        offsets.push_back(static_cast<std::int32_t>(bytes.size()));
    }
    return make_array(arrow::utf8(), values.size(),
                      {nullptr, arrow::Buffer::FromVector(std::move(offsets)),
                       arrow::Buffer::FromString(std::move(bytes))});
}

// Arrow arrays of a row range, without a copy where the layouts agree. The batch must outlive the array.
struct ArrayOf {
    RowRange rows;

    std::shared_ptr<arrow::Array> operator()(const PlainStrings& column) const {
        std::vector<std::int32_t> offsets(rows.size() + 1);
        offsets[0] = rows.begin == 0 ? 0 : column.ends[rows.begin - 1];
        std::copy_n(column.ends.data() + rows.begin, rows.size(), offsets.data() + 1);
        return make_array(arrow::utf8(), rows.size(),
                          {validity(rows, column.null), arrow::Buffer::FromVector(std::move(offsets)),
                           view_of(column.bytes.data(), column.bytes.size())});
    }

    // The dictionary holds what this range uses and no more: a file's dictionary may be much larger.
    std::shared_ptr<arrow::Array> operator()(const CodedStrings& column) const {
        std::vector<std::int32_t> local(column.values.size(), -1);
        std::vector<std::string_view> used;
        std::vector<std::int32_t> codes(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const std::int32_t code = column.codes[rows.begin + i];
            if (code < 0)
                continue;
            std::int32_t& known = local[static_cast<std::size_t>(code)];
            if (known < 0) {
                known = static_cast<std::int32_t>(used.size());
                used.emplace_back(column.values[static_cast<std::size_t>(code)]);
            }
            codes[i] = known;
        }
        auto bits = validity(rows, [&column](std::size_t row) { return column.codes[row] < 0; });
        auto indices = make_array(arrow::int32(), rows.size(),
                                  {std::move(bits), arrow::Buffer::FromVector(std::move(codes))});
        return std::make_shared<arrow::DictionaryArray>(coded_type(), indices, string_array(used));
    }

    std::shared_ptr<arrow::Array> operator()(const Numbers<std::int32_t>& column) const {
        return numbers(column, arrow::int32());
    }

    std::shared_ptr<arrow::Array> operator()(const Numbers<std::int64_t>& column) const {
        return numbers(column, arrow::int64());
    }

    std::shared_ptr<arrow::Array> operator()(const Numbers<double>& column) const {
        return numbers(column, arrow::float64());
    }

    std::shared_ptr<arrow::Array> operator()(const Timestamps& column) const {
        return make_array(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), rows.size(),
                          {nullptr, view_of(column.micros.data() + rows.begin, rows.size())});
    }

  private:
    template <class T>
    [[nodiscard]] std::shared_ptr<arrow::Array> numbers(const Numbers<T>& column,
                                                        std::shared_ptr<arrow::DataType> type) const {
        return make_array(
            std::move(type), rows.size(),
            {validity(rows, column.null), view_of(column.values.data() + rows.begin, rows.size())});
    }
};

std::shared_ptr<arrow::DataType> arrow_type(const Field& field, const Column& column) {
    switch (field.type) {
        case ColumnType::kString:
            return std::holds_alternative<CodedStrings>(column) ? coded_type() : arrow::utf8();
        case ColumnType::kInt: return arrow::int32();
        case ColumnType::kLong: return arrow::int64();
        case ColumnType::kDouble: return arrow::float64();
        case ColumnType::kTimestampTz: return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    }
    return nullptr;
}

std::shared_ptr<arrow::Schema> arrow_schema(const std::vector<Field>& fields, const ColumnBatch& batch) {
    arrow::FieldVector out;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        auto id = arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(fields[i].id)});
        out.push_back(arrow::field(fields[i].name, arrow_type(fields[i], batch.columns[i]),
                                   !fields[i].required, std::move(id)));
    }
    return arrow::schema(std::move(out));
}

void choose_encoding(parquet::WriterProperties::Builder& builder, const Field& field, const Column& column) {
    if (std::holds_alternative<CodedStrings>(column)) {
        builder.enable_dictionary(field.name);
        return;
    }
    builder.disable_dictionary(field.name);
    switch (field.type) {
        case ColumnType::kString: builder.encoding(field.name, parquet::Encoding::PLAIN); break;
        case ColumnType::kDouble: builder.encoding(field.name, parquet::Encoding::BYTE_STREAM_SPLIT); break;
        case ColumnType::kInt:
        case ColumnType::kLong:
        case ColumnType::kTimestampTz:
            builder.encoding(field.name, parquet::Encoding::DELTA_BINARY_PACKED);
            break;
    }
}

std::shared_ptr<parquet::WriterProperties> writer_properties(const std::vector<Field>& fields,
                                                             const ColumnBatch& batch,
                                                             std::size_t row_group_rows) {
    parquet::WriterProperties::Builder builder;
    builder.memory_pool(memory_pool())
        ->compression(parquet::Compression::ZSTD)
        ->compression_level(kZstdLevel)
        ->max_row_group_length(static_cast<std::int64_t>(row_group_rows))
        ->max_rows_per_page(static_cast<std::int64_t>(row_group_rows))
        ->enable_page_checksum()
        ->set_size_statistics_level(parquet::SizeStatisticsLevel::None)
        ->created_by("tallyman (parquet-cpp-arrow)");
    for (std::size_t i = 0; i < fields.size(); ++i)
        choose_encoding(builder, fields[i], batch.columns[i]);
    return builder.build();
}

Error encoding_error(const Path& path, std::string_view reason) {
    return {ErrorCode::kInternal, fmt::format("cannot encode {}: {}", path.string(), reason)};
}

// One row group after the other, one column after the other: no more than one column's pages are in memory.
Result<std::shared_ptr<parquet::FileMetaData>> encode(const std::shared_ptr<Sink>& sink, const Path& path,
                                                      const std::vector<Field>& fields,
                                                      const ColumnBatch& batch, std::size_t row_group_rows) {
    const auto failed = [&](const arrow::Status& status) {
        return sink->error().has_value() ? *sink->error() : encoding_error(path, status.message());
    };
    auto opened = parquet::arrow::FileWriter::Open(*arrow_schema(fields, batch), memory_pool(), sink,
                                                   writer_properties(fields, batch, row_group_rows));
    if (!opened.ok())
        return failed(opened.status());
    parquet::arrow::FileWriter& writer = **opened;
    for (std::size_t begin = 0; begin < batch.rows; begin += row_group_rows) {
        const RowRange rows{begin, std::min(begin + row_group_rows, batch.rows)};
        if (const auto status = writer.NewRowGroup(); !status.ok())
            return failed(status);
        for (const Column& column : batch.columns)
            if (const auto status = writer.WriteColumnChunk(*std::visit(ArrayOf{rows}, column)); !status.ok())
                return failed(status);
    }
    if (const auto status = writer.Close(); !status.ok())
        return failed(status);
    if (const auto status = sink->Close(); !status.ok())
        return failed(status);
    return writer.metadata();
}

ChunkMetrics chunk_metrics(const parquet::ColumnChunkMetaData& chunk) {
    ChunkMetrics out{.compressed_size = chunk.total_compressed_size(), .values = chunk.num_values()};
    const auto statistics = chunk.encoded_statistics();
    if (statistics == nullptr)
        return out;
    if (statistics->has_null_count)
        out.nulls = statistics->null_count;
    if (statistics->has_min && statistics->has_max) {
        out.min = statistics->min();
        out.max = statistics->max();
    }
    return out;
}

DataFile describe(const parquet::FileMetaData& metadata, const std::vector<Field>& fields,
                  const ColumnBatch& batch) {
    DataFile file;
    file.record_count = metadata.num_rows();
    for (int group = 0; group < metadata.num_row_groups(); ++group) {
        const auto first = metadata.RowGroup(group)->ColumnChunk(0);
        file.split_offsets.push_back(first->has_dictionary_page() ? first->dictionary_page_offset()
                                                                  : first->data_page_offset());
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        std::vector<ChunkMetrics> chunks;
        for (int group = 0; group < metadata.num_row_groups(); ++group)
            chunks.push_back(chunk_metrics(*metadata.RowGroup(group)->ColumnChunk(static_cast<int>(i))));
        add_column_metrics(fields[i], batch.columns[i], chunks, file);
    }
    return file;
}

}  // namespace

Result<DataFile> write_parquet_file(FileSystem& files, const Path& path, const std::vector<Field>& fields,
                                    const ColumnBatch& batch, std::size_t row_group_rows) {
    TRY_ASSIGN(auto out, files.create(path));
    try {
        const auto sink = std::make_shared<Sink>(*out);
        TRY_ASSIGN(const auto metadata, encode(sink, path, fields, batch, row_group_rows));
        TRY(out->sync());
        TRY(out->close());
        DataFile file = describe(*metadata, fields, batch);
        file.file_size = sink->Tell().ValueOrDie();
        return file;
    } catch (const std::exception& exception) {
        return encoding_error(path, exception.what());
    }
}

}  // namespace tally::lake
