#include "lake/manifest_merge.hpp"

#include "lake/bounds.hpp"
#include "lake/location.hpp"
#include "lake/manifest_builder.hpp"
#include "sample.hpp"

#include <gmock/gmock.h>

namespace tally::lake::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ManifestMergeTest : public LakeFixture {
  protected:
    static ManifestHeader header() {
        return {.schema_json = "{}",
                .schema_id = 0,
                .partition_fields_json = "[]",
                .partition_spec_id = 0,
                .partition_field_name = "at_day",
                .partition_field_id = 1000};
    }

    // A manifest of `entries` new files, as the commit with this sequence number would leave it.
    ManifestFile manifest(std::int64_t sequence, int entries) {
        ManifestBuilder builder(header(), random_);
        for (int i = 0; i < entries; ++i)
            EXPECT_TRUE(builder
                            .add({.status = EntryStatus::kAdded,
                                  .snapshot_id = sequence * 10,
                                  .sequence_number = std::nullopt,
                                  .file_sequence_number = std::nullopt,
                                  .file = file(sequence, i)})
                            .ok());
        ManifestFile line =
            *builder.write(disk_, *location_of(folder_.path() / ("m" + std::to_string(sequence))));
        line.sequence_number = line.min_sequence_number = sequence;
        line.added_snapshot_id = sequence * 10;
        return line;
    }

    static DataFile file(std::int64_t sequence, int i) {
        DataFile out;
        out.path = "file:///" + std::to_string(sequence) + "/" + std::to_string(i);
        out.partition_day = static_cast<std::int32_t>(sequence);
        out.record_count = 1 + i;
        return out;
    }

    Result<std::vector<ManifestFile>> merge(const std::vector<ManifestFile>& manifests) {
        written_.clear();
        const MergePlan plan{.files = &disk_,
                             .random = &random_,
                             .header = header(),
                             .folder = *location_of(folder_.path()),
                             .name = make_uuid(random_),
                             .snapshot_id = 5'000,
                             .sequence_number = 500};
        return merge_small_manifests(plan, manifests, written_);
    }

    std::vector<ManifestEntry> entries(const ManifestFile& line) {
        std::vector<ManifestEntry> out;
        EXPECT_TRUE(
            for_each_entry(*disk_.read(*path_of(line.path)),
                           {.snapshot_id = line.added_snapshot_id, .sequence_number = line.sequence_number},
                           [&out](ManifestEntry&& entry) -> Status {
                               out.push_back(std::move(entry));
                               return {};
                           })
                .ok());
        return out;
    }

    std::vector<std::string> written_;
};

TEST_F(ManifestMergeTest, AFewAreLeftAlone) {
    std::vector<ManifestFile> manifests;
    for (std::size_t i = 1; i <= kSmallManifestsMax; ++i)
        manifests.push_back(manifest(static_cast<std::int64_t>(i), 1));
    const auto merged = merge(manifests);
    ASSERT_TRUE(merged.ok());
    EXPECT_EQ(*merged, manifests);
    EXPECT_THAT(written_, IsEmpty());
}

TEST_F(ManifestMergeTest, ManyBecomeOneAndEntriesKeepTheirNumbers) {
    std::vector<ManifestFile> manifests;
    for (std::size_t i = 1; i <= kSmallManifestsMax + 1; ++i)
        manifests.push_back(manifest(static_cast<std::int64_t>(i), 2));
    const auto merged = merge(manifests);
    ASSERT_TRUE(merged.ok()) << merged.error().message;
    ASSERT_EQ(merged->size(), 1U);
    const ManifestFile& line = merged->front();
    EXPECT_THAT(written_, ElementsAre(line.path));
    EXPECT_EQ(line.existing_files, 102);
    EXPECT_EQ(line.existing_rows, 51 * 3);
    EXPECT_EQ(line.added_files, 0);
    EXPECT_EQ(line.sequence_number, 500);
    EXPECT_EQ(line.min_sequence_number, 1);
    EXPECT_EQ(line.added_snapshot_id, 5'000);
    EXPECT_EQ(line.partitions.at(0).lower_bound, serialize_int(1));
    EXPECT_EQ(line.partitions.at(0).upper_bound, serialize_int(51));
    const auto found = entries(line);
    ASSERT_EQ(found.size(), 102U);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto sequence = static_cast<std::int64_t>(i / 2 + 1);
        EXPECT_EQ(found[i].status, EntryStatus::kExisting);
        EXPECT_EQ(found[i].sequence_number, sequence);
        EXPECT_EQ(found[i].file_sequence_number, sequence);
        EXPECT_EQ(found[i].snapshot_id, sequence * 10);
        EXPECT_EQ(found[i].file, file(sequence, static_cast<int>(i % 2)));
    }
}

TEST_F(ManifestMergeTest, NoneGrowsBeyondTheBound) {
    std::vector<ManifestFile> manifests;
    std::int64_t files = 0;
    for (std::size_t i = 1; i <= kSmallManifestsMax + 1; ++i) {
        manifests.push_back(manifest(static_cast<std::int64_t>(i), 70));
        files += 70;
    }
    const auto merged = merge(manifests);
    ASSERT_TRUE(merged.ok()) << merged.error().message;
    ASSERT_EQ(merged->size(), 3U);
    for (const ManifestFile& line : *merged)
        files -= line.live_files();
    EXPECT_EQ(files, 0);
    EXPECT_EQ(merged->front().live_files(), kManifestEntriesMax);
}

TEST_F(ManifestMergeTest, OthersStayAndComeFirst) {
    std::vector<ManifestFile> manifests;
    for (std::size_t i = 1; i <= kSmallManifestsMax + 1; ++i)
        manifests.push_back(manifest(static_cast<std::int64_t>(i), 1));
    ManifestFile deletes = manifest(100, 1);
    deletes.content = ManifestContent::kDeletes;
    ManifestFile other_spec = manifest(101, 1);
    other_spec.partition_spec_id = 1;
    const ManifestFile full = manifest(102, kManifestEntriesMax / 2);
    for (const ManifestFile& line : {deletes, other_spec, full})
        manifests.push_back(line);
    const auto merged = merge(manifests);
    ASSERT_TRUE(merged.ok()) << merged.error().message;
    ASSERT_EQ(merged->size(), 4U);
    EXPECT_EQ(merged->at(0), deletes);
    EXPECT_EQ(merged->at(1), other_spec);
    EXPECT_EQ(merged->at(2), full);
}

TEST_F(ManifestMergeTest, ADamagedManifestIsToldOf) {
    std::vector<ManifestFile> manifests;
    for (std::size_t i = 1; i <= kSmallManifestsMax + 1; ++i)
        manifests.push_back(manifest(static_cast<std::int64_t>(i), 1));
    const Path victim = *path_of(manifests[3].path);
    ASSERT_TRUE(disk_.remove(victim).ok());
    ASSERT_TRUE(write_new_file(disk_, victim, "not Avro").ok());
    EXPECT_EQ(merge(manifests).error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace tally::lake::test
