#include "rating/json_lines.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

TEST(JsonLines, AnswersOneDocumentWithOneLine) {
    const LineAnswer answer = answer_periods_line(
        R"({"id":"p","interval":"day","timezone":"UTC","from":"2026-01-01","to":"2026-01-02"})");
    EXPECT_TRUE(answer.ok);
    EXPECT_EQ(
        answer.text,
        R"({"id":"p","periods":[{"from":"2026-01-01T00:00:00+00:00","to":"2026-01-02T00:00:00+00:00"}]})");
}

TEST(JsonLines, GivesBackTheIdAsItCame) {
    EXPECT_TRUE(wallet_json_line(R"({"id":7,"from":"2026-01-01","to":"2026-01-02"})")
                    .starts_with(R"({"id":7,"balances":{})"));
    EXPECT_TRUE(wallet_json_line(R"({"id":[1],"from":"2026-01-01"})").starts_with(R"({"id":[1],"error":{)"));
    EXPECT_TRUE(wallet_json_line(R"({"from":"2026-01-01","to":"2026-01-02"})").starts_with(R"({"id":null,)"));
}

TEST(JsonLines, MarksErrorsForTheCaller) {
    const LineAnswer answer = answer_rate_line(R"({"id":"t","plan":{"currency":"USD"}})");
    EXPECT_FALSE(answer.ok);
    EXPECT_EQ(answer.text,
              R"({"id":"t","error":{"pointer":"/plan/charges","detail":"'charges' is missing"}})");
}

TEST(JsonLines, AnswersWhatIsNoJsonToo) {
    EXPECT_EQ(rate_json_line("[1]"),
              R"({"id":null,"error":{"pointer":"","detail":"expected an object, found a list"}})");
    EXPECT_TRUE(rate_json_line("{").find("1:2") != std::string::npos);
    EXPECT_FALSE(answer_rate_line("").ok);
}

TEST(JsonLines, WritesNoLineBreakIntoItsLine) {
    const std::string text = rate_json_line(R"({"id":"a\nb","plan":{"currency":"x\ny"}})");
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_TRUE(text.starts_with(R"({"id":"a\nb")"));
}

}  // namespace
}  // namespace tally::rating
