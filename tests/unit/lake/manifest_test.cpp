#include "lake/manifest.hpp"

#include "lake/avro_reader.hpp"
#include "lake/bounds.hpp"
#include "lake/manifest_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::lake {
namespace {

using ::testing::ElementsAre;

ManifestHeader header() {
    return {.schema_json = R"({"type":"struct","schema-id":0,"fields":[]})",
            .schema_id = 0,
            .partition_fields_json = R"([{"name":"at_day","transform":"day","source-id":2,"field-id":1000}])",
            .partition_spec_id = 0,
            .partition_field_name = "at_day",
            .partition_field_id = 1000};
}

DataFile full_file() {
    return {.path = "file:///lake/data/at_day=2024-10-04/a.parquet",
            .partition_day = -12,
            .record_count = 100,
            .file_size = 12'345,
            .column_sizes = {{1, 50}, {2, 60}},
            .value_counts = {{1, 100}, {2, 100}},
            .null_value_counts = {{1, 0}, {2, 7}},
            .nan_value_counts = {{2, 3}},
            .lower_bounds = {{1, "a"}, {2, serialize_double(-0.5)}},
            .upper_bounds = {{1, std::string("z\0z", 3)}},
            .split_offsets = {4, 4'000'000'000},
            .sort_order_id = 1};
}

ManifestEntry entry_of(EntryStatus status, DataFile file) {
    return {.status = status,
            .snapshot_id = std::nullopt,
            .sequence_number = std::nullopt,
            .file_sequence_number = std::nullopt,
            .file = std::move(file)};
}

std::string manifest_of(const std::vector<ManifestEntry>& entries) {
    SeededRandom random(1);
    ManifestWriter writer(header(), random);
    for (const ManifestEntry& entry : entries)
        EXPECT_TRUE(writer.add(entry).ok());
    return *writer.finish();
}

std::vector<ManifestEntry> read(const std::string& manifest) {
    std::vector<ManifestEntry> entries;
    const Status done = for_each_entry(manifest, {.snapshot_id = 77, .sequence_number = 8},
                                       [&entries](ManifestEntry&& entry) -> Status {
                                           entries.push_back(std::move(entry));
                                           return {};
                                       });
    EXPECT_TRUE(done.ok()) << done.error().message;
    return entries;
}

TEST(Manifest, EntriesComeBack) {
    ManifestEntry existing = entry_of(EntryStatus::kExisting, full_file());
    existing.snapshot_id = 5;
    existing.sequence_number = 3;
    existing.file_sequence_number = 2;
    EXPECT_THAT(read(manifest_of({existing})), ElementsAre(existing));
}

TEST(Manifest, AddedEntriesInheritFromTheList) {
    const auto entries = read(manifest_of({entry_of(EntryStatus::kAdded, full_file())}));
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].snapshot_id, 77);
    EXPECT_EQ(entries[0].sequence_number, 8);
    EXPECT_EQ(entries[0].file_sequence_number, 8);
    EXPECT_EQ(entries[0].file, full_file());
}

TEST(Manifest, AFileWithoutMetricsIsFine) {
    DataFile bare{.path = "file:///x.parquet",
                  .partition_day = 0,
                  .record_count = 1,
                  .file_size = 2,
                  .column_sizes = {},
                  .value_counts = {},
                  .null_value_counts = {},
                  .nan_value_counts = {},
                  .lower_bounds = {},
                  .upper_bounds = {},
                  .split_offsets = {},
                  .sort_order_id = 0};
    const auto entries = read(manifest_of({entry_of(EntryStatus::kAdded, bare)}));
    EXPECT_EQ(entries.at(0).file, bare);
}

TEST(Manifest, HeaderNamesTableAndSpec) {
    auto reader = AvroFileReader::open(manifest_of({}));
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    const auto& metadata = reader->metadata();
    EXPECT_EQ(metadata.at("schema"), header().schema_json);
    EXPECT_EQ(metadata.at("partition-spec"), header().partition_fields_json);
    EXPECT_EQ(metadata.at("format-version"), "2");
    EXPECT_EQ(metadata.at("content"), "data");
}

// A manifest as another writer could make it: one entry of few fields.
Status read_foreign(std::string_view content, std::string_view format, std::string_view partition) {
    const std::string schema =
        R"({"type":"record","name":"manifest_entry","fields":[{"name":"status","type":"int","field-id":0},
        {"name":"data_file","field-id":2,"type":{"type":"record","name":"r2","fields":[
        {"name":"content","type":"int","field-id":134},{"name":"file_path","type":"string","field-id":100},
        {"name":"file_format","type":"string","field-id":101},
        {"name":"partition","field-id":102,"type":{"type":"record","name":"r102","fields":[)" +
        std::string(partition) +
        R"(]}},{"name":"record_count","type":"long","field-id":103},
        {"name":"file_size_in_bytes","type":"long","field-id":104}]}}]})";
    AvroEncoder entry;
    entry.put_long(1);
    entry.put_long(content == "data" ? 0 : 1);
    entry.put_bytes("file:///x");
    entry.put_bytes(format);
    entry.put_long(9);
    entry.put_long(1);
    entry.put_long(2);
    SeededRandom random(1);
    AvroFileWriter file(schema, {}, random);
    TRY(file.add(entry.bytes()));
    return for_each_entry(*file.finish(), {}, [](ManifestEntry&&) -> Status { return {}; });
}

TEST(Manifest, WhatWouldBeMisreadIsRefused) {
    constexpr std::string_view kDay = R"({"name":"day","type":"int","field-id":1000})";
    EXPECT_TRUE(read_foreign("data", "PARQUET", kDay).ok());
    EXPECT_TRUE(read_foreign("data", "parquet", kDay).ok());
    EXPECT_EQ(read_foreign("deletes", "PARQUET", kDay).error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(read_foreign("data", "ORC", kDay).error().code, ErrorCode::kUnsupported);
    constexpr std::string_view kText = R"({"name":"day","type":"boolean","field-id":1000})";
    EXPECT_EQ(read_foreign("data", "PARQUET", kText).error().code, ErrorCode::kUnsupported);
}

TEST(Manifest, ACallbackMayStop) {
    const std::string manifest =
        manifest_of({entry_of(EntryStatus::kAdded, full_file()), entry_of(EntryStatus::kAdded, full_file())});
    int seen = 0;
    const Status done = for_each_entry(manifest, {}, [&seen](ManifestEntry&&) -> Status {
        ++seen;
        return Error{ErrorCode::kNotFound, "enough"};
    });
    EXPECT_EQ(done.error().message, "enough");
    EXPECT_EQ(seen, 1);
}

TEST(ManifestList, LinesComeBack) {
    ManifestFile full{.path = "file:///lake/metadata/m.avro",
                      .length = 4'000'000'000,
                      .partition_spec_id = 2,
                      .content = ManifestContent::kDeletes,
                      .sequence_number = 9,
                      .min_sequence_number = 3,
                      .added_snapshot_id = 8'000'000'000'000'000'000,
                      .added_files = 1,
                      .existing_files = 2,
                      .deleted_files = 3,
                      .added_rows = 10,
                      .existing_rows = 20,
                      .deleted_rows = 30,
                      .partitions = {{.contains_null = true,
                                      .contains_nan = false,
                                      .lower_bound = serialize_int(-1),
                                      .upper_bound = serialize_int(20'000)},
                                     {.contains_null = false,
                                      .contains_nan = std::nullopt,
                                      .lower_bound = std::nullopt,
                                      .upper_bound = std::nullopt}},
                      .key_metadata = "key"};
    ManifestFile bare;
    bare.path = "file:///b.avro";
    SeededRandom random(1);
    for (const std::optional<std::int64_t> parent :
         {std::optional<std::int64_t>(7), std::optional<std::int64_t>()}) {
        const auto file = encode_manifest_list(
            {.snapshot_id = 1, .parent_snapshot_id = parent, .sequence_number = 2}, {full, bare}, random);
        ASSERT_TRUE(file.ok());
        const auto lines = decode_manifest_list(*file);
        ASSERT_TRUE(lines.ok()) << lines.error().message;
        EXPECT_THAT(*lines, ElementsAre(full, bare));
        auto reader = AvroFileReader::open(*file);
        EXPECT_EQ(reader->metadata().at("parent-snapshot-id"), parent.has_value() ? "7" : "null");
    }
}

TEST(ManifestList, DamageIsSeen) {
    EXPECT_EQ(decode_manifest_list("nothing of the kind").error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace tally::lake
