#include "lake/bounds.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace tally::lake {
namespace {

const std::string kGreatest = "\xF4\x8F\xBF\xBF";          // U+10FFFF
const std::string kBeforeSurrogates = "\xED\x9F\xBF";      // U+D7FF
const std::string kAfterSurrogates = "\xEE\x80\x80";       // U+E000
const std::string kLastOfTwoBytes = "\xDF\xBF";            // U+07FF
const std::string kFirstOfThreeBytes = "\xE0\xA0\x80";     // U+0800
const std::string kLastOfThreeBytes = "\xEF\xBF\xBF";      // U+FFFF
const std::string kFirstOfFourBytes = "\xF0\x90\x80\x80";  // U+10000

std::string times(const std::string& piece, int count) {
    std::string out;
    for (int i = 0; i < count; ++i)
        out += piece;
    return out;
}

TEST(Bounds, NumbersAreLittleEndian) {
    EXPECT_EQ(serialize_int(-2), "\xFE\xFF\xFF\xFF");
    EXPECT_EQ(serialize_long(1), std::string("\1\0\0\0\0\0\0\0", 8));
    EXPECT_EQ(serialize_double(1.0), std::string("\0\0\0\0\0\0\xF0\x3F", 8));
    EXPECT_EQ(*parse_int_bound(serialize_int(std::numeric_limits<std::int32_t>::min())),
              std::numeric_limits<std::int32_t>::min());
    EXPECT_EQ(parse_int_bound("abc").error().code, ErrorCode::kCorruption);
}

TEST(Bounds, ShortTextsStayAsTheyAre) {
    for (const std::string& text : {std::string(), std::string("a"), std::string(16, 'x'), times("ü", 16),
                                    times(kGreatest, 16), std::string("\0", 1)}) {
        EXPECT_EQ(lower_string_bound(text), text);
        EXPECT_EQ(upper_string_bound(text), text);
    }
}

TEST(Bounds, LongTextsAreCutAtCharacters) {
    EXPECT_EQ(lower_string_bound(std::string(17, 'x')), std::string(16, 'x'));
    EXPECT_EQ(lower_string_bound(times("€", 17)), times("€", 16));
    EXPECT_EQ(lower_string_bound(times("😀", 40)), times("😀", 16));
    EXPECT_EQ(lower_string_bound("aü€😀b", 4), "aü€😀");
}

TEST(Bounds, TheUpperOneIsRaised) {
    EXPECT_EQ(upper_string_bound(std::string(17, 'x')), std::string(15, 'x') + 'y');
    EXPECT_EQ(upper_string_bound("ab", 1), "b");
    EXPECT_EQ(upper_string_bound("\x7F\x7F", 1), "\xC2\x80") << "one byte becomes two";
    EXPECT_EQ(upper_string_bound(kLastOfTwoBytes + "a", 1), kFirstOfThreeBytes);
    EXPECT_EQ(upper_string_bound(kLastOfThreeBytes + "a", 1), kFirstOfFourBytes);
    EXPECT_EQ(upper_string_bound(kBeforeSurrogates + "a", 1), kAfterSurrogates);
}

TEST(Bounds, TheGreatestCharacterCannotBeRaised) {
    EXPECT_EQ(upper_string_bound("a" + times(kGreatest, 20)), "b");
    EXPECT_EQ(upper_string_bound("aa" + kGreatest + "b", 3), "ab");
    EXPECT_EQ(upper_string_bound(times(kGreatest, 17)), std::nullopt);
}

TEST(Bounds, HoldForEveryText) {
    const std::vector<std::string> pieces = {
        "",       "a", "z", "\x7F", "ü", kLastOfTwoBytes, kBeforeSurrogates, "€", "😀", kLastOfThreeBytes,
        kGreatest};
    for (const std::string& a : pieces)
        for (const std::string& b : pieces)
            for (const std::string& c : pieces)
                for (std::size_t length = 1; length <= 3; ++length) {
                    const std::string text = a + b + c;
                    EXPECT_LE(lower_string_bound(text, length), text);
                    const auto upper = upper_string_bound(text, length);
                    if (upper.has_value()) {
                        EXPECT_GE(*upper, text);
                    }
                }
}

}  // namespace
}  // namespace tally::lake
