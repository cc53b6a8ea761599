#include "delivery/error_output.hpp"

#include "base/time_text.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tally::delivery {
namespace {

ErrorRecord error(std::string position, std::string_view at, std::string raw = "bytes") {
    ErrorRecord made;
    made.id = error_id("edge", position);
    made.at = parse_rfc3339(at).value();
    made.source = "edge";
    made.reason = "the record's checksum does not fit";
    made.position = std::move(position);
    made.records = 3;
    made.raw = std::move(raw);
    return made;
}

class ErrorOutput : public testing::Test {
  protected:
    Status write(std::string_view base, const std::vector<ErrorRecord>& errors, std::string_view now) {
        return write_errors(files_, errors_, base, errors, parse_rfc3339(now).value());
    }

    std::vector<ErrorRecord> list(std::size_t limit = 100) {
        return list_errors(files_, errors_, limit).value();
    }

    test::TempFolder folder_;
    PosixFileSystem files_;
    Path errors_ = folder_.path() / "errors";
};

TEST(ErrorJson, SurvivesAnyBytes) {
    std::string raw;
    for (int i = 0; i < 256; ++i)
        raw += static_cast<char>(i);
    for (std::size_t size = 0; size < 6; ++size) {
        const ErrorRecord made =
            error("a.seg@128", "2026-10-01T00:00:00.000001Z", raw.substr(250 - size, size));
        EXPECT_EQ(error_from_json(error_to_json(made)).value(), made);
    }
    const ErrorRecord made = error("a.seg@128", "2026-10-01T00:00:00Z", raw);
    EXPECT_EQ(error_from_json(error_to_json(made)).value(), made);
}

TEST(ErrorJson, IsTheDocumentedLine) {
    EXPECT_EQ(error_to_json(error("a.seg@128", "2026-10-01T00:00:00Z", "hello")),
              R"({"id":")" + error_id("edge", "a.seg@128") +
                  R"(","at":"2026-10-01T00:00:00Z","source":"edge",)"
                  R"("reason":"the record's checksum does not fit","position":"a.seg@128","records":3,)"
                  R"("raw":"aGVsbG8="})");
}

TEST(ErrorJson, CutsRawBytes) {
    const auto read =
        error_from_json(error_to_json(error("p", "2026-10-01T00:00:00Z", std::string(70'000, 'x'))));
    EXPECT_EQ(read.value().raw.size(), kErrorRawBytesMax);
}

TEST(ErrorJson, RefusesOtherLines) {
    for (const char* line : {"{}", "[]", R"({"id":"err_1","records":"x","raw":""})",
                             R"({"id":"err_1","records":1,"raw":"*","at":"2026-10-01T00:00:00Z"})"})
        EXPECT_FALSE(error_from_json(line).ok()) << line;
}

TEST(ErrorId, NamesAPlace) {
    EXPECT_EQ(error_id("edge", "a.seg@128"), error_id("edge", "a.seg@128"));
    EXPECT_NE(error_id("edge", "a.seg@128"), error_id("edge", "a.seg@129"));
    EXPECT_NE(error_id("edge", "a.seg@128"), error_id("events", "a.seg@128"));
    EXPECT_EQ(error_id("edge", "a.seg@128").size(), 36U);
}

TEST_F(ErrorOutput, IsEmptyBeforeTheFirstError) {
    EXPECT_TRUE(list().empty());
    EXPECT_EQ(find_error(files_, errors_, "err_1").error().code, ErrorCode::kNotFound);
    ASSERT_TRUE(write("", {}, "2026-10-01T00:00:00Z").ok());
    EXPECT_FALSE(files_.exists(errors_).value());
}

TEST_F(ErrorOutput, ListsNewestFirstAndFindsById) {
    const ErrorRecord a = error("a", "2026-10-01T10:00:00Z");
    const ErrorRecord b = error("b", "2026-10-01T11:00:00Z");
    const ErrorRecord c = error("c", "2026-10-02T00:00:00Z");
    ASSERT_TRUE(write("", {a}, "2026-10-01T10:00:00Z").ok());
    ASSERT_TRUE(write("batch-1", {b}, "2026-10-01T11:00:00Z").ok());
    ASSERT_TRUE(write("batch-2", {c}, "2026-10-02T00:00:00Z").ok());
    EXPECT_EQ(list(), (std::vector{c, b, a}));
    EXPECT_EQ(list(2), (std::vector{c, b}));
    EXPECT_EQ(find_error(files_, errors_, b.id).value(), b);
    EXPECT_EQ(files_.list(errors_).value(), (std::vector<std::string>{"2026-10-01", "2026-10-02"}));
}

TEST_F(ErrorOutput, ARepeatOfABatchAddsOnlyWhatIsNew) {
    const ErrorRecord a = error("a", "2026-10-01T23:59:59Z");
    const ErrorRecord again = error("a", "2026-10-02T00:00:01Z");
    const ErrorRecord b = error("b", "2026-10-02T00:00:01Z");
    ASSERT_TRUE(write("batch-1", {a}, "2026-10-01T23:59:59Z").ok());
    ASSERT_TRUE(write("batch-1", {again, b}, "2026-10-02T00:00:01Z").ok());
    ASSERT_TRUE(write("batch-1", {again, b}, "2026-10-02T00:00:01Z").ok());
    EXPECT_EQ(list(), (std::vector{b, a}));
    const std::string content = files_.read(errors_ / "2026-10-01" / "after-batch-1.jsonl").value();
    EXPECT_EQ(std::count(content.begin(), content.end(), '\n'), 2);
    EXPECT_EQ(files_.list(errors_).value(), (std::vector<std::string>{"2026-10-01"}));
}

TEST_F(ErrorOutput, TheSamePlaceFoundByTwoBatchesIsOneError) {
    const ErrorRecord a = error("a", "2026-10-01T00:00:00Z");
    ASSERT_TRUE(write("batch-1", {a}, "2026-10-01T00:00:00Z").ok());
    ASSERT_TRUE(write("batch-2", {a}, "2026-10-01T00:00:00Z").ok());
    EXPECT_EQ(list(), (std::vector{a}));
}

TEST_F(ErrorOutput, LeftoversOfACrashAndForeignFilesAreNotRead) {
    const ErrorRecord a = error("a", "2026-10-01T00:00:00Z");
    ASSERT_TRUE(write("batch-1", {a}, "2026-10-01T00:00:00Z").ok());
    ASSERT_TRUE(write_new_file(files_, errors_ / "2026-10-01" / "after-batch-1.jsonl.new", "{\"id\":").ok());
    ASSERT_TRUE(write_new_file(files_, errors_ / "note.txt", "mine").ok());
    EXPECT_EQ(list(), (std::vector{a}));
    const ErrorRecord b = error("b", "2026-10-01T00:00:01Z");
    ASSERT_TRUE(write("batch-1", {b}, "2026-10-01T00:00:00Z").ok());
    EXPECT_EQ(list(), (std::vector{b, a}));
}

TEST_F(ErrorOutput, SaysWhichFileIsDamaged) {
    ASSERT_TRUE(files_.make_folders(errors_ / "2026-10-01").ok());
    ASSERT_TRUE(write_new_file(files_, errors_ / "2026-10-01" / "after-x.jsonl", "{\n").ok());
    const auto listed = list_errors(files_, errors_, 10);
    ASSERT_FALSE(listed.ok());
    EXPECT_NE(listed.error().message.find("after-x.jsonl"), std::string::npos);
}

}  // namespace
}  // namespace tally::delivery
