#include "lake/parquet_file.hpp"

#include "lake/bounds.hpp"
#include "sample.hpp"
#include "support/faulty_file_system.hpp"

namespace tally::lake::test {
namespace {

class ParquetFileTest : public LakeFixture {
  protected:
    Result<DataFile> encode(FileSystem& files, std::size_t rows, std::size_t row_group) {
        return write_parquet_file(files, path_, sample_definition().fields, sample_batch(rows, 20'000),
                                  row_group);
    }

    Path path_ = folder_.path() / "x.parquet";
};

TEST_F(ParquetFileTest, DescribesWhatItWrote) {
    const auto file = encode(disk_, 10, kRowGroupRows);
    ASSERT_TRUE(file.ok()) << file.error().message;
    EXPECT_EQ(file->record_count, 10);
    EXPECT_EQ(static_cast<std::uint64_t>(file->file_size), *disk_.size(path_));
    EXPECT_EQ(file->split_offsets, (std::vector<std::int64_t>{4}));
    EXPECT_EQ(file->value_counts.size(), 6U);
    EXPECT_EQ(file->null_value_counts.at(3), 4);
    EXPECT_EQ(file->null_value_counts.at(4), 2);
    EXPECT_EQ(file->nan_value_counts, (std::map<int, std::int64_t>{{6, 0}}));
    EXPECT_EQ(file->lower_bounds.at(1), "row-0");
    EXPECT_EQ(file->upper_bounds.at(1), "row-9");
    EXPECT_EQ(file->lower_bounds.at(2), serialize_long(20'000 * kDayUs));
    EXPECT_EQ(file->upper_bounds.at(3), "gamma");
    EXPECT_EQ(file->lower_bounds.at(4), serialize_int(1)) << "row 0 has no count";
    EXPECT_EQ(file->upper_bounds.at(6), serialize_double(9.0 / 8));
}

TEST_F(ParquetFileTest, BoundsCoverAllRowGroups) {
    const auto file = encode(disk_, 1'000, 64);
    ASSERT_TRUE(file.ok()) << file.error().message;
    EXPECT_EQ(file->split_offsets.size(), 16U);
    EXPECT_TRUE(std::is_sorted(file->split_offsets.begin(), file->split_offsets.end()));
    EXPECT_EQ(file->value_counts.at(1), 1'000);
    EXPECT_EQ(file->upper_bounds.at(5), serialize_long(999'000'006'993));
}

TEST_F(ParquetFileTest, IsSyncedWithItsFolderLeftToTheCaller) {
    ASSERT_TRUE(encode(disk_, 10, kRowGroupRows).ok());
    EXPECT_EQ(disk_.at_risk(), (std::set<std::string>{folder_.path().string()}));
}

TEST_F(ParquetFileTest, TheDisksErrorIsPassedOn) {
    tally::test::FaultPlan full(tally::test::FaultPlan::Kind::kDiskFull, 2);
    tally::test::FaultyFileSystem files(full);
    const auto file = encode(files, 10, kRowGroupRows);
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().code, ErrorCode::kResourceExhausted);
    EXPECT_EQ(file.error().message, "injected: no space left on device");
}

TEST_F(ParquetFileTest, AnExistingFileIsNotOverwritten) {
    ASSERT_TRUE(encode(disk_, 10, kRowGroupRows).ok());
    EXPECT_EQ(encode(disk_, 10, kRowGroupRows).error().code, ErrorCode::kAlreadyExists);
}

}  // namespace
}  // namespace tally::lake::test
