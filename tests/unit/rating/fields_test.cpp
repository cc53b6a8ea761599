#include "rating/fields.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

Document parse(std::string_view json) {
    return Document::parse_json(json).value();
}

TEST(Fields, PointsAtTheUnknownMemberAndNamesTheNearest) {
    const Document document = parse(R"({"amount":"1","ammount":"2"})");
    auto fields = Fields::open(document, "/plan/charges/0").value();
    ASSERT_TRUE(fields.decimal("amount").ok());
    const auto done = fields.finish();
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().pointer, "/plan/charges/0/ammount");
    EXPECT_NE(done.error().message.find("did you mean 'amount'"), std::string::npos);
}

TEST(Fields, OffersNoNameThatIsFarAway) {
    const Document document = parse(R"({"zebra":1})");
    auto fields = Fields::open(document, "").value();
    EXPECT_EQ(fields.take("amount"), nullptr);
    EXPECT_EQ(fields.finish().error().message, "'zebra' is not known here");
}

TEST(Fields, TakesWholeJsonNumbersForDecimalsAndAsksForQuotesAroundFractions) {
    const Document document =
        parse(R"({"whole":12,"big":123456789012345678901234567890,"text":"0.10","fraction":0.1})");
    auto fields = Fields::open(document, "").value();
    EXPECT_EQ(fields.decimal("whole")->str(), "12");
    EXPECT_EQ(fields.decimal("big")->str(), "123456789012345678901234567890");
    EXPECT_EQ(fields.decimal("text")->str(), "0.10");
    const auto fraction = fields.decimal("fraction");
    ASSERT_FALSE(fraction.ok());
    EXPECT_NE(fraction.error().message.find("\"0.1\""), std::string::npos);
}

TEST(Fields, CountsNullAsAbsent) {
    const Document document = parse(R"({"a":null})");
    auto fields = Fields::open(document, "").value();
    EXPECT_FALSE(fields.has("a"));
    EXPECT_FALSE(fields.optional_decimal("a").value().has_value());
    EXPECT_FALSE(fields.text("a").ok());
    EXPECT_TRUE(fields.finish().ok());
}

TEST(Fields, HoldsBounds) {
    const Document document = parse(R"({"a":"-0.1","b":"1.1"})");
    auto fields = Fields::open(document, "").value();
    EXPECT_NE(fields.decimal("a", kNotNegative).error().message.find("at least 0"), std::string::npos);
    EXPECT_NE(fields.decimal("b", kShare).error().message.find("from 0 to 1"), std::string::npos);
}

TEST(Fields, ReadsInstantsAndDatesInTheZone) {
    const Document document = parse(R"({"date":"2026-10-01","instant":"2026-10-01T00:00:00Z","bad":"soon"})");
    const TimeZone berlin = TimeZone::find("Europe/Berlin").value();
    auto fields = Fields::open(document, "").value();
    EXPECT_EQ(format_rfc3339(fields.instant("date", berlin).value()), "2026-09-30T22:00:00Z");
    EXPECT_EQ(format_rfc3339(fields.instant("instant", berlin).value()), "2026-10-01T00:00:00Z");
    EXPECT_EQ(fields.instant("bad", berlin).error().pointer, "/bad");
}

TEST(Fields, RefusesWrongKinds) {
    const Document document = parse(R"({"text":1,"list":{},"flag":"yes","items":["a",2],"whole":"1.5"})");
    auto fields = Fields::open(document, "").value();
    EXPECT_EQ(fields.text("text").error().pointer, "/text");
    EXPECT_EQ(fields.list("list").error().pointer, "/list");
    EXPECT_EQ(fields.flag_or("flag", true).error().pointer, "/flag");
    EXPECT_EQ(fields.texts("items").error().pointer, "/items/1");
    EXPECT_EQ(fields.integer_or("whole", 0).error().pointer, "/whole");
    EXPECT_FALSE(Fields::open(parse("[]"), "/x").ok());
}

TEST(PointerInto, EscapesNames) {
    EXPECT_EQ(pointer_into("/a", "b/c~d"), "/a/b~1c~0d");
    EXPECT_EQ(pointer_into("/a", std::size_t{3}), "/a/3");
}

}  // namespace
}  // namespace tally::rating
