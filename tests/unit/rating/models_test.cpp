#include "rating/models.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

Result<Price> read(std::string_view json) {
    const auto document = Document::parse_json(json);
    auto fields = Fields::open(*document, "").value();
    return read_price(fields);
}

TEST(Models, EachHasAReaderUnderItsOwnName) {
    const std::pair<const char*, const char*> examples[] = {
        {"flat", R"({"model":"flat","amount":"1"})"},
        {"unit", R"({"model":"unit","unit":"1"})"},
        {"graduated", R"({"model":"graduated","tiers":[{"unit":"1"}]})"},
        {"volume", R"({"model":"volume","tiers":[{"unit":"1"}]})"},
        {"stairstep", R"({"model":"stairstep","tiers":[{"flat":"1"}]})"},
        {"package", R"({"model":"package","size":"1","amount":"1"})"},
        {"percentage", R"({"model":"percentage","rate":"0.1"})"},
        {"graduated_percentage", R"({"model":"graduated_percentage","tiers":[{"rate":"0.1"}]})"},
        {"dimensional", R"({"model":"dimensional","dimensions":["a"],"prices":[{"match":{},"unit":"1"}]})"},
        {"dynamic", R"({"model":"dynamic"})"},
        {"bulk_percentile", R"({"model":"bulk_percentile","unit":"1"})"},
        {"custom", R"({"model":"custom","expression":"1"})"},
    };
    EXPECT_EQ(std::size(examples), std::variant_size_v<Price>);
    for (const auto& [name, json] : examples) {
        const auto price = read(json);
        ASSERT_TRUE(price.ok()) << name << ": " << price.error().message;
        EXPECT_EQ(model_name(*price), name);
    }
}

TEST(Models, FlatPricesAloneAreProrated) {
    Portion portion;
    portion.quantity = 10;
    Tier tier;
    tier.unit = 2;
    tier.flat = 5;
    const auto priced = price_model(GraduatedPrice{{tier}}, portion).value();
    EXPECT_EQ(priced.usage, Ratio(20));
    EXPECT_EQ(priced.flat, Ratio(5));
    EXPECT_EQ(price_model(FlatPrice{7}, portion)->flat, Ratio(7));
    EXPECT_EQ(price_model(PackagePrice{3, 1}, portion)->flat, Ratio());
}

TEST(MatchPrice, TakesTheFirstThatHolds) {
    const auto price = read(R"({"model":"dimensional","dimensions":["a","b"],"prices":[
        {"match":{"a":["1","2"],"b":"x"},"unit":"1"},{"match":{"a":"1"},"unit":"2"},{"match":{"b":"y"},"unit":"3"}]})");
    const auto& dimensional = std::get<DimensionalPrice>(*price);
    EXPECT_EQ(match_price(dimensional, {{"a", "2"}, {"b", "x"}}).value(), 0U);
    EXPECT_EQ(match_price(dimensional, {{"a", "1"}, {"b", "y"}}).value(), 1U);
    EXPECT_EQ(match_price(dimensional, {{"a", "2"}, {"b", "y"}}).value(), 2U);
    const auto none = match_price(dimensional, {{"a", "9"}});
    EXPECT_EQ(none.error().pointer, "/prices");
    EXPECT_NE(none.error().message.find("a=9, b=(none)"), std::string::npos);
}

}  // namespace
}  // namespace tally::rating
