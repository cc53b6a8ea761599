#include "lake/manifest_list.hpp"

#include "lake/avro_reader.hpp"
#include "lake/avro_writer.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

namespace tally::lake {
namespace {

// The record schema of the table spec, "Manifest Lists" (format version 2).
constexpr std::string_view kSchema = R"({"type":"record","name":"manifest_file","fields":[
{"name":"manifest_path","type":"string","field-id":500},
{"name":"manifest_length","type":"long","field-id":501},
{"name":"partition_spec_id","type":"int","field-id":502},
{"name":"content","type":"int","field-id":517},
{"name":"sequence_number","type":"long","field-id":515},
{"name":"min_sequence_number","type":"long","field-id":516},
{"name":"added_snapshot_id","type":"long","field-id":503},
{"name":"added_files_count","type":"int","field-id":504},
{"name":"existing_files_count","type":"int","field-id":505},
{"name":"deleted_files_count","type":"int","field-id":506},
{"name":"added_rows_count","type":"long","field-id":512},
{"name":"existing_rows_count","type":"long","field-id":513},
{"name":"deleted_rows_count","type":"long","field-id":514},
{"name":"partitions","field-id":507,"default":null,"type":["null",{"type":"array","element-id":508,"items":
{"type":"record","name":"r508","fields":[
{"name":"contains_null","type":"boolean","field-id":509},
{"name":"contains_nan","type":["null","boolean"],"default":null,"field-id":518},
{"name":"lower_bound","type":["null","bytes"],"default":null,"field-id":510},
{"name":"upper_bound","type":["null","bytes"],"default":null,"field-id":511}]}}]},
{"name":"key_metadata","type":["null","bytes"],"default":null,"field-id":519}]})";

void put_optional(AvroEncoder& out, const std::optional<std::string>& value) {
    out.put_branch(value.has_value() ? 1 : 0);
    if (value.has_value())
        out.put_bytes(*value);
}

void put_summaries(AvroEncoder& out, const std::vector<PartitionSummary>& partitions) {
    out.put_branch(partitions.empty() ? 0 : 1);
    if (partitions.empty())
        return;
    out.put_long(static_cast<std::int64_t>(partitions.size()));
    for (const PartitionSummary& summary : partitions) {
        out.put_boolean(summary.contains_null);
        out.put_branch(summary.contains_nan.has_value() ? 1 : 0);
        if (summary.contains_nan.has_value())
            out.put_boolean(*summary.contains_nan);
        put_optional(out, summary.lower_bound);
        put_optional(out, summary.upper_bound);
    }
    out.put_long(0);
}

void put_manifest(AvroEncoder& out, const ManifestFile& manifest) {
    out.put_bytes(manifest.path);
    out.put_long(manifest.length);
    out.put_long(manifest.partition_spec_id);
    out.put_long(static_cast<std::int64_t>(manifest.content));
    out.put_long(manifest.sequence_number);
    out.put_long(manifest.min_sequence_number);
    out.put_long(manifest.added_snapshot_id);
    out.put_long(manifest.added_files);
    out.put_long(manifest.existing_files);
    out.put_long(manifest.deleted_files);
    out.put_long(manifest.added_rows);
    out.put_long(manifest.existing_rows);
    out.put_long(manifest.deleted_rows);
    put_summaries(out, manifest.partitions);
    put_optional(out, manifest.key_metadata);
}

Error misshapen(std::string_view what) {
    return {ErrorCode::kCorruption, fmt::format("a manifest list entry without a readable {}", what)};
}

template <class T>
const T* get(const AvroValue& record, int id, std::string_view name) {
    const AvroValue* found = record.find(id, name);
    return found != nullptr ? std::get_if<T>(&found->value) : nullptr;
}

template <class Int>
Status read_number(const AvroValue& record, int id, std::string_view name, Int& out) {
    const auto* value = get<std::int64_t>(record, id, name);
    if (value == nullptr || !std::in_range<Int>(*value))
        return misshapen(name);
    out = static_cast<Int>(*value);
    return {};
}

std::optional<std::string> optional_text(const AvroValue& record, int id, std::string_view name) {
    const auto* value = get<std::string>(record, id, name);
    return value != nullptr ? std::optional(*value) : std::nullopt;
}

Status read_summaries(const AvroValue& record, std::vector<PartitionSummary>& out) {
    const auto* items = get<std::vector<AvroValue>>(record, 507, "partitions");
    if (items == nullptr)
        return {};
    for (const AvroValue& item : *items) {
        PartitionSummary summary;
        const auto* contains_null = get<bool>(item, 509, "contains_null");
        if (contains_null == nullptr)
            return misshapen("contains_null");
        summary.contains_null = *contains_null;
        if (const auto* contains_nan = get<bool>(item, 518, "contains_nan"))
            summary.contains_nan = *contains_nan;
        summary.lower_bound = optional_text(item, 510, "lower_bound");
        summary.upper_bound = optional_text(item, 511, "upper_bound");
        out.push_back(std::move(summary));
    }
    return {};
}

Result<ManifestFile> read_manifest(const AvroValue& value) {
    ManifestFile manifest;
    const auto* path = get<std::string>(value, 500, "manifest_path");
    if (path == nullptr)
        return misshapen("manifest_path");
    manifest.path = *path;
    int content = 0;
    TRY(read_number(value, 501, "manifest_length", manifest.length));
    TRY(read_number(value, 502, "partition_spec_id", manifest.partition_spec_id));
    TRY(read_number(value, 517, "content", content));
    if (content != 0 && content != 1)
        return misshapen("content");
    manifest.content = static_cast<ManifestContent>(content);
    TRY(read_number(value, 515, "sequence_number", manifest.sequence_number));
    TRY(read_number(value, 516, "min_sequence_number", manifest.min_sequence_number));
    TRY(read_number(value, 503, "added_snapshot_id", manifest.added_snapshot_id));
    TRY(read_number(value, 504, "added_files_count", manifest.added_files));
    TRY(read_number(value, 505, "existing_files_count", manifest.existing_files));
    TRY(read_number(value, 506, "deleted_files_count", manifest.deleted_files));
    TRY(read_number(value, 512, "added_rows_count", manifest.added_rows));
    TRY(read_number(value, 513, "existing_rows_count", manifest.existing_rows));
    TRY(read_number(value, 514, "deleted_rows_count", manifest.deleted_rows));
    TRY(read_summaries(value, manifest.partitions));
    manifest.key_metadata = optional_text(value, 519, "key_metadata");
    return manifest;
}

}  // namespace

Result<std::string> encode_manifest_list(const ManifestListHeader& header,
                                         const std::vector<ManifestFile>& manifests, RandomSource& random) {
    std::map<std::string, std::string> metadata = {
        {"snapshot-id", std::to_string(header.snapshot_id)},
        {"sequence-number", std::to_string(header.sequence_number)},
        {"format-version", "2"}};
    metadata["parent-snapshot-id"] =
        header.parent_snapshot_id.has_value() ? std::to_string(*header.parent_snapshot_id) : "null";
    AvroFileWriter file(kSchema, metadata, random);
    AvroEncoder line;
    for (const ManifestFile& manifest : manifests) {
        line.clear();
        put_manifest(line, manifest);
        TRY(file.add(line.bytes()));
    }
    return file.finish();
}

Result<std::vector<ManifestFile>> decode_manifest_list(std::string file) {
    TRY_ASSIGN(auto reader, AvroFileReader::open(std::move(file)));
    std::vector<ManifestFile> manifests;
    AvroValue value;
    while (true) {
        TRY_ASSIGN(const bool more, reader.next(value));
        if (!more)
            return manifests;
        TRY_ASSIGN(auto manifest, read_manifest(value));
        manifests.push_back(std::move(manifest));
    }
}

}  // namespace tally::lake
