#include "lake/manifest.hpp"

#include "lake/avro_reader.hpp"

#include <utility>

#include <fmt/format.h>

namespace tally::lake {
namespace {

// The record schemas of the table spec, "Manifests" (format version 2). Every field carries its id, because
// readers match by id; a map with number keys is an array of key and value records there.
constexpr std::string_view kEntrySchemaStart = R"({"type":"record","name":"manifest_entry","fields":[
{"name":"status","type":"int","field-id":0},
{"name":"snapshot_id","type":["null","long"],"default":null,"field-id":1},
{"name":"sequence_number","type":["null","long"],"default":null,"field-id":3},
{"name":"file_sequence_number","type":["null","long"],"default":null,"field-id":4},
{"name":"data_file","field-id":2,"type":{"type":"record","name":"r2","fields":[
{"name":"content","type":"int","field-id":134},
{"name":"file_path","type":"string","field-id":100},
{"name":"file_format","type":"string","field-id":101},
{"name":"partition","field-id":102,"type":{"type":"record","name":"r102","fields":[
)";

constexpr std::string_view kEntrySchemaEnd = R"(]}},
{"name":"record_count","type":"long","field-id":103},
{"name":"file_size_in_bytes","type":"long","field-id":104},
)";

struct MapField {
    std::string_view name;
    int id;
    int key_id;
    std::string_view value_type;
};

constexpr MapField kColumnSizes{"column_sizes", 108, 117, "long"};
constexpr MapField kValueCounts{"value_counts", 109, 119, "long"};
constexpr MapField kNullValueCounts{"null_value_counts", 110, 121, "long"};
constexpr MapField kNanValueCounts{"nan_value_counts", 137, 138, "long"};
constexpr MapField kLowerBounds{"lower_bounds", 125, 126, "bytes"};
constexpr MapField kUpperBounds{"upper_bounds", 128, 129, "bytes"};

std::string map_schema(const MapField& field) {
    return fmt::format(
        R"({{"name":"{}","field-id":{},"default":null,"type":["null",{{"type":"array","logicalType":"map","items":)"
        R"({{"type":"record","name":"k{}_v{}","fields":[{{"name":"key","type":"int","field-id":{}}},)"
        R"({{"name":"value","type":"{}","field-id":{}}}]}}}}]}},)"
        "\n",
        field.name, field.id, field.key_id, field.key_id + 1, field.key_id, field.value_type,
        field.key_id + 1);
}

std::string entry_schema(const ManifestHeader& header) {
    std::string schema(kEntrySchemaStart);
    schema += fmt::format(
        R"({{"name":"{}","type":["null",{{"type":"int","logicalType":"date"}}],"default":null,"field-id":{}}})",
        header.partition_field_name, header.partition_field_id);
    schema += kEntrySchemaEnd;
    for (const MapField& field :
         {kColumnSizes, kValueCounts, kNullValueCounts, kNanValueCounts, kLowerBounds, kUpperBounds})
        schema += map_schema(field);
    schema +=
        R"({"name":"split_offsets","field-id":132,"default":null,"type":["null",{"type":"array","items":"long","element-id":133}]},
{"name":"sort_order_id","type":["null","int"],"default":null,"field-id":140}]}}]})";
    return schema;
}

constexpr std::int64_t kNullBranch = 0;
constexpr std::int64_t kValueBranch = 1;

void put_optional(AvroEncoder& out, std::optional<std::int64_t> value) {
    out.put_branch(value.has_value() ? kValueBranch : kNullBranch);
    if (value.has_value())
        out.put_long(*value);
}

void put_value(AvroEncoder& out, std::int64_t value) {
    out.put_long(value);
}

void put_value(AvroEncoder& out, const std::string& value) {
    out.put_bytes(value);
}

template <class T>
void put_map(AvroEncoder& out, const std::map<int, T>& map) {
    out.put_branch(map.empty() ? kNullBranch : kValueBranch);
    if (map.empty())
        return;
    out.put_long(static_cast<std::int64_t>(map.size()));
    for (const auto& [key, value] : map) {
        out.put_long(key);
        put_value(out, value);
    }
    out.put_long(0);
}

void put_data_file(AvroEncoder& out, const DataFile& file) {
    out.put_long(0);  // content: data
    out.put_bytes(file.path);
    out.put_bytes("PARQUET");
    put_optional(out, file.partition_day);
    out.put_long(file.record_count);
    out.put_long(file.file_size);
    put_map(out, file.column_sizes);
    put_map(out, file.value_counts);
    put_map(out, file.null_value_counts);
    put_map(out, file.nan_value_counts);
    put_map(out, file.lower_bounds);
    put_map(out, file.upper_bounds);
    out.put_branch(file.split_offsets.empty() ? kNullBranch : kValueBranch);
    if (!file.split_offsets.empty()) {
        out.put_long(static_cast<std::int64_t>(file.split_offsets.size()));
        for (const std::int64_t offset : file.split_offsets)
            out.put_long(offset);
        out.put_long(0);
    }
    put_optional(out, file.sort_order_id);
}

Error misshapen(std::string_view what) {
    return {ErrorCode::kCorruption, fmt::format("a manifest entry without a readable {}", what)};
}

template <class T>
Result<T> required(const AvroValue& record, int id, std::string_view name) {
    const AvroValue* found = record.find(id, name);
    const T* value = found != nullptr ? std::get_if<T>(&found->value) : nullptr;
    if (value == nullptr)
        return misshapen(name);
    return *value;
}

std::optional<std::int64_t> optional_long(const AvroValue& record, int id, std::string_view name) {
    const AvroValue* found = record.find(id, name);
    const auto* value = found != nullptr ? std::get_if<std::int64_t>(&found->value) : nullptr;
    return value != nullptr ? std::optional(*value) : std::nullopt;
}

template <class T>
Status read_map(const AvroValue& record, const MapField& field, std::map<int, T>& out) {
    const AvroValue* found = record.find(field.id, field.name);
    if (found == nullptr)
        return {};
    const auto* items = std::get_if<std::vector<AvroValue>>(&found->value);
    if (items == nullptr)
        return misshapen(field.name);
    for (const AvroValue& item : *items) {
        TRY_ASSIGN(const auto key, required<std::int64_t>(item, field.key_id, "key"));
        TRY_ASSIGN(auto value, required<T>(item, field.key_id + 1, "value"));
        out.insert_or_assign(static_cast<int>(key), std::move(value));
    }
    return {};
}

Result<std::int32_t> read_partition(const AvroValue& data_file) {
    const AvroValue* partition = data_file.find(102, "partition");
    const auto* fields =
        partition != nullptr ? std::get_if<std::vector<AvroValue>>(&partition->value) : nullptr;
    const auto* day = fields != nullptr && fields->size() == 1
                          ? std::get_if<std::int64_t>(&fields->front().value)
                          : nullptr;
    if (day == nullptr)
        return Error{ErrorCode::kUnsupported,
                     "a manifest holds files that are not partitioned by one day each; only tables with the "
                     "one partition field day(…) are read here"};
    return static_cast<std::int32_t>(*day);
}

// What would be read wrongly is refused, not skipped.
Status check_readable(const AvroValue& data_file) {
    if (optional_long(data_file, 134, "content").value_or(0) != 0)
        return Error{ErrorCode::kUnsupported,
                     "the table has delete files (merge-on-read), which are not applied here; let the engine "
                     "that wrote them rewrite the data files"};
    TRY_ASSIGN(const auto format, required<std::string>(data_file, 101, "file_format"));
    if (format != "PARQUET" && format != "parquet")
        return Error{
            ErrorCode::kUnsupported,
            fmt::format("the table has a data file in format {}; only Parquet is read here", format)};
    if (data_file.find(131, "key_metadata") != nullptr)
        return Error{ErrorCode::kUnsupported, "the table has an encrypted data file"};
    return {};
}

Result<DataFile> read_data_file(const AvroValue& value) {
    TRY(check_readable(value));
    DataFile file;
    TRY_ASSIGN(file.path, required<std::string>(value, 100, "file_path"));
    TRY_ASSIGN(file.partition_day, read_partition(value));
    TRY_ASSIGN(file.record_count, required<std::int64_t>(value, 103, "record_count"));
    TRY_ASSIGN(file.file_size, required<std::int64_t>(value, 104, "file_size_in_bytes"));
    TRY(read_map(value, kColumnSizes, file.column_sizes));
    TRY(read_map(value, kValueCounts, file.value_counts));
    TRY(read_map(value, kNullValueCounts, file.null_value_counts));
    TRY(read_map(value, kNanValueCounts, file.nan_value_counts));
    TRY(read_map(value, kLowerBounds, file.lower_bounds));
    TRY(read_map(value, kUpperBounds, file.upper_bounds));
    if (const AvroValue* offsets = value.find(132, "split_offsets"))
        if (const auto* items = std::get_if<std::vector<AvroValue>>(&offsets->value))
            for (const AvroValue& item : *items)
                if (const auto* offset = std::get_if<std::int64_t>(&item.value))
                    file.split_offsets.push_back(*offset);
    file.sort_order_id = static_cast<int>(optional_long(value, 140, "sort_order_id").value_or(0));
    return file;
}

Result<ManifestEntry> read_entry(const AvroValue& value, const ManifestInheritance& inherited) {
    ManifestEntry entry;
    TRY_ASSIGN(const auto status, required<std::int64_t>(value, 0, "status"));
    if (status < 0 || status > 2)
        return misshapen("status");
    entry.status = static_cast<EntryStatus>(status);
    entry.snapshot_id = optional_long(value, 1, "snapshot_id").value_or(inherited.snapshot_id);
    entry.sequence_number = optional_long(value, 3, "sequence_number").value_or(inherited.sequence_number);
    entry.file_sequence_number =
        optional_long(value, 4, "file_sequence_number").value_or(inherited.sequence_number);
    const AvroValue* data_file = value.find(2, "data_file");
    if (data_file == nullptr)
        return misshapen("data_file");
    TRY_ASSIGN(entry.file, read_data_file(*data_file));
    return entry;
}

}  // namespace

ManifestWriter::ManifestWriter(const ManifestHeader& header, RandomSource& random)
    : file_(entry_schema(header),
            {{"schema", header.schema_json},
             {"schema-id", std::to_string(header.schema_id)},
             {"partition-spec", header.partition_fields_json},
             {"partition-spec-id", std::to_string(header.partition_spec_id)},
             {"format-version", "2"},
             {"content", "data"}},
            random) {}

Status ManifestWriter::add(const ManifestEntry& entry) {
    entry_.clear();
    entry_.put_long(static_cast<std::int64_t>(entry.status));
    put_optional(entry_, entry.snapshot_id);
    put_optional(entry_, entry.sequence_number);
    put_optional(entry_, entry.file_sequence_number);
    put_data_file(entry_, entry.file);
    return file_.add(entry_.bytes());
}

Result<std::string> ManifestWriter::finish() {
    return file_.finish();
}

Status for_each_entry(std::string manifest, const ManifestInheritance& inherited,
                      const std::function<Status(ManifestEntry&&)>& take) {
    TRY_ASSIGN(auto reader, AvroFileReader::open(std::move(manifest)));
    AvroValue value;
    while (true) {
        TRY_ASSIGN(const bool more, reader.next(value));
        if (!more)
            return {};
        TRY_ASSIGN(auto entry, read_entry(value, inherited));
        TRY(take(std::move(entry)));
    }
}

}  // namespace tally::lake
