#include "lake/table_metadata.hpp"

#include "sample.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace tally::lake::test {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Instant kNow = instant_from_us(1'700'000'000'123'456);

std::string fresh() {
    return new_table_metadata(sample_definition(), "u-u-i-d", "file:///lake/t", kNow).value();
}

SnapshotInfo snapshot(std::int64_t id, std::optional<std::int64_t> parent = std::nullopt) {
    SnapshotInfo info;
    info.id = SnapshotId(id);
    if (parent.has_value())
        info.parent = SnapshotId(*parent);
    info.sequence_number = id;
    info.committed_at = kNow + std::chrono::milliseconds(id);
    info.manifest_list = "file:///lake/t/metadata/snap-" + std::to_string(id) + ".avro";
    info.summary = {{"operation", "append"}, {"tallyman.batch-id", "b" + std::to_string(id)}};
    return info;
}

json::object parsed(std::string_view text) {
    return json::parse({text.data(), text.size()}).as_object();
}

std::string edited(const std::function<void(json::object&)>& edit) {
    json::object root = parsed(fresh());
    edit(root);
    return json::serialize(root);
}

TEST(TableMetadata, ANewTable) {
    const auto table = parse_table_metadata(fresh());
    ASSERT_TRUE(table.ok()) << table.error().message;
    EXPECT_EQ(table->uuid, "u-u-i-d");
    EXPECT_EQ(table->location, "file:///lake/t");
    EXPECT_EQ(table->fields, sample_definition().fields);
    EXPECT_EQ(table->partition_by, "at");
    EXPECT_EQ(table->manifest_header.partition_field_name, "at_day");
    EXPECT_EQ(table->sort_order_id, 1);
    EXPECT_THAT(table->sort_by, ElementsAre("name", "at"));
    EXPECT_EQ(table->last_updated_ms, 1'700'000'000'123);
    EXPECT_TRUE(table->snapshots.empty());
    EXPECT_FALSE(table->current.has_value());
}

TEST(TableMetadata, ATableWithoutOrder) {
    TableDefinition definition = sample_definition();
    definition.sort_by.clear();
    const auto table = parse_table_metadata(new_table_metadata(definition, "u", "file:///t", kNow).value());
    ASSERT_TRUE(table.ok()) << table.error().message;
    EXPECT_EQ(table->sort_order_id, 0);
}

TEST(TableMetadata, DefinitionsThatNameNoColumn) {
    TableDefinition definition = sample_definition();
    definition.sort_by = {"nobody"};
    EXPECT_EQ(new_table_metadata(definition, "u", "l", kNow).error().code, ErrorCode::kInvalidArgument);
    definition = sample_definition();
    definition.partition_by = "nothing";
    EXPECT_EQ(new_table_metadata(definition, "u", "l", kNow).error().code, ErrorCode::kInvalidArgument);
}

TEST(TableMetadata, SnapshotsAreAdded) {
    const auto first = add_snapshot(fresh(), "file:///lake/t/metadata/0.json", snapshot(1));
    ASSERT_TRUE(first.ok()) << first.error().message;
    const auto second = add_snapshot(first->json, "file:///lake/t/metadata/1.json", snapshot(2, 1));
    ASSERT_TRUE(second.ok()) << second.error().message;
    const auto table = parse_table_metadata(second->json);
    ASSERT_TRUE(table.ok()) << table.error().message;
    ASSERT_EQ(table->snapshots.size(), 2U);
    EXPECT_EQ(table->current, SnapshotId(2));
    EXPECT_EQ(table->last_sequence_number, 2);
    EXPECT_EQ(table->snapshots[1].parent, SnapshotId(1));
    EXPECT_EQ(table->snapshots[1].summary, snapshot(2, 1).summary);
    EXPECT_EQ(table->snapshots[1].manifest_list, snapshot(2).manifest_list);
    const json::object root = parsed(second->json);
    EXPECT_EQ(root.at("refs").at("main").at("snapshot-id"), 2);
    EXPECT_EQ(root.at("snapshot-log").as_array().size(), 2U);
    const json::array& log = root.at("metadata-log").as_array();
    ASSERT_EQ(log.size(), 2U);
    EXPECT_EQ(log[1].at("metadata-file"), "file:///lake/t/metadata/1.json");
    EXPECT_EQ(log[1].at("timestamp-ms"), 1'700'000'000'124);
}

std::vector<Field> wider_fields() {
    std::vector<Field> fields = sample_definition().fields;
    fields.push_back({7, "principal", ColumnType::kString, false});
    return fields;
}

TEST(TableMetadata, ColumnsAreAddedAsANewSchema) {
    const std::string older = add_snapshot(fresh(), "file:///lake/t/metadata/0.json", snapshot(1))->json;
    const auto wider = add_columns(older, "file:///lake/t/metadata/1.json", wider_fields(), kNow);
    ASSERT_TRUE(wider.ok()) << wider.error().message;
    const json::object root = parsed(*wider);
    EXPECT_EQ(root.at("current-schema-id"), 1);
    EXPECT_EQ(root.at("last-column-id"), 7);
    ASSERT_EQ(root.at("schemas").as_array().size(), 2U);
    EXPECT_EQ(root.at("schemas").at(0), parsed(older).at("schemas").at(0)) << "the old one stays";
    EXPECT_EQ(root.at("schemas").at(1).at("schema-id"), 1);
    EXPECT_EQ(root.at("snapshots").at(0).at("schema-id"), 0) << "a snapshot keeps its schema";
    EXPECT_EQ(root.at("last-updated-ms"), parsed(older).at("last-updated-ms")) << "never back";
    EXPECT_EQ(root.at("metadata-log").as_array().back().at("metadata-file"),
              "file:///lake/t/metadata/1.json");

    const auto next = add_snapshot(*wider, "file:///lake/t/metadata/2.json", snapshot(2, 1));
    ASSERT_TRUE(next.ok());
    EXPECT_EQ(parsed(next->json).at("snapshots").at(1).at("schema-id"), 1);
    const auto table = parse_table_metadata(next->json);
    EXPECT_EQ(table->fields, wider_fields());
    EXPECT_EQ(table->manifest_header.schema_id, 1);
}

TEST(TableMetadata, AFieldIdIsNeverGivenTwice) {
    const std::string other = edited([](json::object& root) { root["last-column-id"] = 7; });
    const auto refused = add_columns(other, "file:///lake/t/metadata/0.json", wider_fields(), kNow);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
    EXPECT_THAT(refused.error().message, HasSubstr("field id 7"));
}

TEST(TableMetadata, MetadataFilesAreNumbered) {
    TableMetadata table;
    table.location = "file:///lake/t";
    EXPECT_EQ(next_metadata_location(table, "file:///lake/t/metadata/00041-a.metadata.json", "b"),
              "file:///lake/t/metadata/00042-b.metadata.json");
    EXPECT_EQ(next_metadata_location(table, "file:///lake/t/metadata/v1.metadata.json", "b"),
              "file:///lake/t/metadata/00001-b.metadata.json");
}

TEST(TableMetadata, WhatIsNotKnownStays) {
    const std::string before = edited([](json::object& root) {
        root["statistics"] = json::array{json::object{{"snapshot-id", 5}}};
        root["x-other-engine"] = json::object{{"depth", 1.5}, {"none", nullptr}};
        root["properties"].as_object()["owner"] = "someone";
        root["refs"] = json::object{{"main", {{"snapshot-id", 9}, {"type", "branch"}, {"max-ref-age-ms", 7}}},
                                    {"audit", {{"snapshot-id", 9}, {"type", "tag"}}}};
    });
    const json::object after = parsed(add_snapshot(before, "file:///l", snapshot(1)).value().json);
    const json::object original = parsed(before);
    for (const std::string_view key :
         {"statistics", "x-other-engine", "properties", "schemas", "partition-specs", "sort-orders",
          "table-uuid", "location", "last-column-id"})
        EXPECT_EQ(after.at(key), original.at(key)) << key;
    EXPECT_EQ(after.at("refs").at("audit"), original.at("refs").at("audit"));
    EXPECT_EQ(after.at("refs").at("main").at("max-ref-age-ms"), 7);
    EXPECT_EQ(after.at("refs").at("main").at("snapshot-id"), 1);
}

TEST(TableMetadata, TheMetadataLogIsBounded) {
    NextMetadata next{.json = edited([](json::object& root) {
                          root["properties"].as_object()["write.metadata.previous-versions-max"] = "3";
                      }),
                      .expired_files = {}};
    std::vector<std::string> expired;
    for (int i = 0; i < 5; ++i) {
        next = add_snapshot(next.json, "file:///m" + std::to_string(i), snapshot(i + 1)).value();
        expired.insert(expired.end(), next.expired_files.begin(), next.expired_files.end());
    }
    EXPECT_THAT(expired, ElementsAre("file:///m0", "file:///m1"));
    EXPECT_EQ(parsed(next.json).at("metadata-log").as_array().size(), 3U);
}

TEST(TableMetadata, OldFilesStayWhereTheTableSaysSo) {
    std::string current = edited([](json::object& root) {
        root["properties"] = json::object{{"write.metadata.previous-versions-max", "1"}};
    });
    for (int i = 0; i < 3; ++i) {
        const NextMetadata next = add_snapshot(current, "file:///m", snapshot(i + 1)).value();
        EXPECT_TRUE(next.expired_files.empty());
        current = next.json;
    }
}

TEST(TableMetadata, NoSnapshotInEachNotation) {
    for (const json::value& none : {json::value(nullptr), json::value(-1)}) {
        const auto table =
            parse_table_metadata(edited([&none](json::object& root) { root["current-snapshot-id"] = none; }));
        EXPECT_FALSE(table->current.has_value());
    }
    const auto absent = parse_table_metadata(edited([](json::object& root) {
        for (const char* key : {"current-snapshot-id", "snapshots", "refs", "snapshot-log", "metadata-log"})
            root.erase(key);
    }));
    EXPECT_FALSE(absent->current.has_value());
}

TEST(TableMetadata, TablesThatAreNotOursToRead) {
    const auto refused = [](const std::function<void(json::object&)>& edit, std::string_view why) {
        const auto table = parse_table_metadata(edited(edit));
        ASSERT_FALSE(table.ok()) << why;
        EXPECT_EQ(table.error().code, ErrorCode::kUnsupported) << why;
        EXPECT_THAT(table.error().message, HasSubstr(why));
    };
    refused([](json::object& root) { root["format-version"] = 3; }, "format version 3");
    refused([](json::object& root) { root["partition-specs"].at(0).as_object()["fields"] = json::array(); },
            "partitioned by []");
    refused(
        [](json::object& root) {
            root["partition-specs"].at(0).at("fields").at(0).as_object()["transform"] = "hour";
        },
        "\"hour\"");
    refused([](json::object& root) { root["schemas"].at(0).at("fields").at(0).as_object()["type"] = "uuid"; },
            "'uuid'");
    EXPECT_EQ(add_snapshot(edited([](json::object& root) { root["format-version"] = 1; }), "l", snapshot(1))
                  .error()
                  .code,
              ErrorCode::kUnsupported);
}

TEST(TableMetadata, DamageIsNamed) {
    EXPECT_EQ(parse_table_metadata("").error().code, ErrorCode::kCorruption);
    EXPECT_EQ(parse_table_metadata("[]").error().code, ErrorCode::kCorruption);
    for (const char* key :
         {"format-version", "table-uuid", "location", "current-schema-id", "schemas", "default-spec-id",
          "partition-specs", "last-sequence-number", "default-sort-order-id"}) {
        const auto table = parse_table_metadata(edited([key](json::object& root) { root.erase(key); }));
        ASSERT_FALSE(table.ok()) << key;
        EXPECT_EQ(table.error().code, ErrorCode::kCorruption);
        EXPECT_THAT(table.error().message, HasSubstr(key));
    }
}

}  // namespace
}  // namespace tally::lake::test
