#include "capture/positions.hpp"

#include <gtest/gtest.h>

namespace tally::capture {
namespace {

TEST(Positions, ReadsBackWhatItWrites) {
    Positions positions;
    positions.writers[0x00c0ffee00c0ffeeULL] = {12, {3, 7}};
    positions.writers[1] = {5, {}};
    const std::string json = positions.to_json();
    EXPECT_EQ(json, R"({"0000000000000001":{"next":5},"00c0ffee00c0ffee":{"next":12,"skipped":[3,7]}})");
    EXPECT_EQ(Positions::from_json(json).value(), positions);
    EXPECT_EQ(Positions::from_json("{}").value(), Positions{});
}

TEST(Positions, RefusesWhatItCannotHaveWritten) {
    for (const char* text :
         {"", "[]", "null", R"({"1":{"next":5}})", R"({"0000000000000001":{}})",
          R"({"0000000000000001":{"next":-1}})", R"({"0000000000000001":{"next":5,"skipped":[5]}})",
          R"({"0000000000000001":{"next":5,"skipped":[1,1]}})",
          R"({"0000000000000001":{"next":5,"skipped":"1"}})", R"({"0000000000000001":{"next":5,"other":1}})",
          R"({"000000000000000G":{"next":5}})"}) {
        const auto parsed = Positions::from_json(text);
        ASSERT_FALSE(parsed.ok()) << text;
        EXPECT_EQ(parsed.error().code, ErrorCode::kCorruption) << text;
    }
}

TEST(WriterPosition, CountsWhatIsNotTaken) {
    const WriterPosition position{10, {2, 5}};
    EXPECT_EQ(position.count_untaken(0, 10), 2U);
    EXPECT_EQ(position.count_untaken(3, 12), 3U);
    EXPECT_EQ(position.count_untaken(10, 10), 0U);
    EXPECT_FALSE(position.has_taken(5));
    EXPECT_TRUE(position.has_taken(6));
}

}  // namespace
}  // namespace tally::capture
