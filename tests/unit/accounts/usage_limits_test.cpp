#include "accounts/usage_limits.hpp"

#include "accounts/usage_limits_json.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tally::accounts {
namespace {

UsageLimits limits_of(std::string_view json) {
    const Result<UsageLimits> limits = limits_from_json(json);
    EXPECT_TRUE(limits.ok()) << json << ": " << (limits.ok() ? "" : limits.error().message);
    return limits.value_or(UsageLimits());
}

TEST(UsageLimits, RatesAreExactThousandths) {
    const std::pair<const char*, std::int64_t> rates[] = {
        {"100", 100'000},
        {"0.5", 500},
        {"0.001", 1},
        {"1e2", 100'000},
        {"12.345", 12'345},
        {"2.50000", 2'500},
        {"1E-3", 1},
        {"1000000000", kRateMilliMax},
        {"999999999.999", kRateMilliMax - 1},
    };
    for (const auto& [text, milli] : rates)
        EXPECT_EQ(parse_rate(text).value(), milli) << text;
    for (const char* text : {"0", "-1", "0.0001", "1.2345", "1000000000.001", "1e10", "1e400",
                             "0.00100000000000000000001", "0.1234567890123456789"})
        EXPECT_FALSE(parse_rate(text).ok()) << text;
    EXPECT_EQ(rate_text(500), "0.5");
    EXPECT_EQ(rate_text(100'000), "100");
    EXPECT_EQ(rate_text(12'340), "12.34");
}

TEST(UsageLimits, AreReadAndWrittenInTheWordsOfApiGateway) {
    const std::string text =
        R"({"throttle":{"rate_limit":0.5,"burst_limit":200},"quota":{"limit":10000,"period":"WEEK","offset":3},)"
        R"("method_throttles":[{"method":"GET","path":"/v1/a*","rate_limit":5,"burst_limit":10},)"
        R"({"method":"*","path":"/","rate_limit":1.25,"burst_limit":1}]})";
    const UsageLimits limits = limits_of(text);
    EXPECT_EQ(limits.throttle, (Throttle{500, 200}));
    EXPECT_EQ(limits.quota, (Quota{10'000, QuotaPeriod::kWeek, 3}));
    ASSERT_EQ(limits.methods.size(), 2U);
    EXPECT_EQ(limits.methods[0], (MethodThrottle{"GET", "/v1/a*", {5000, 10}}));
    EXPECT_EQ(limits_to_json(limits), text);
    EXPECT_EQ(limits_of("{}"), UsageLimits());
    EXPECT_EQ(limits_of(R"({"throttle":null,"quota":null,"method_throttles":null})"), UsageLimits());
    EXPECT_EQ(limits_of(R"({"quota":{"limit":0,"period":"day"}})").quota, (Quota{0, QuotaPeriod::kDay, 0}));
    EXPECT_EQ(
        limits_of(R"({"method_throttles":[{"method":"get","path":"/x","rate_limit":1,"burst_limit":1}]})")
            .methods[0]
            .method,
        "GET");
}

TEST(UsageLimits, EachMistakeHasItsPointer) {
    const std::pair<const char*, const char*> mistakes[] = {
        {R"({"throttle":{"rate_limit":0,"burst_limit":1}})", "/throttle/rate_limit"},
        {R"({"throttle":{"rate_limit":-1,"burst_limit":1}})", "/throttle/rate_limit"},
        {R"({"throttle":{"rate_limit":1.0001,"burst_limit":1}})", "/throttle/rate_limit"},
        {R"({"throttle":{"rate_limit":1e9,"burst_limit":0}})", "/throttle/burst_limit"},
        {R"({"throttle":{"rate_limit":1000000001,"burst_limit":1}})", "/throttle/rate_limit"},
        {R"({"throttle":{"rate_limit":"5","burst_limit":1}})", "/throttle/rate_limit"},
        {R"({"throttle":{"rate_limit":5,"burst_limit":1.5}})", "/throttle/burst_limit"},
        {R"({"throttle":{"rate_limit":5}})", "/throttle/burst_limit"},
        {R"({"throttle":{"burst_limit":5}})", "/throttle/rate_limit"},
        {R"({"throttle":{"rate_limit":0.001,"burst_limit":1000000000}})", "/throttle/burst_limit"},
        {R"({"throttle":{"rate_limit":5,"burst_limit":1,"rate":1}})", "/throttle/rate"},
        {R"({"throttle":5})", "/throttle"},
        {R"({"quota":{"limit":-1,"period":"DAY"}})", "/quota/limit"},
        {R"({"quota":{"limit":140737488355329,"period":"DAY"}})", "/quota/limit"},
        {R"({"quota":{"limit":1,"period":"YEAR"}})", "/quota/period"},
        {R"({"quota":{"limit":1}})", "/quota/period"},
        {R"({"quota":{"period":"DAY"}})", "/quota/limit"},
        {R"({"quota":{"limit":1,"period":"DAY","offset":2}})", "/quota/offset"},
        {R"({"quota":{"limit":1,"period":"DAY","offset":-1}})", "/quota/offset"},
        {R"({"method_throttles":{}})", "/method_throttles"},
        {R"({"method_throttles":[{"path":"/a","rate_limit":1,"burst_limit":1}]})",
         "/method_throttles/0/method"},
        {R"({"method_throttles":[{"method":"G ET","path":"/a","rate_limit":1,"burst_limit":1}]})",
         "/method_throttles/0/method"},
        {R"({"method_throttles":[{"method":"GET","path":"a","rate_limit":1,"burst_limit":1}]})",
         "/method_throttles/0/path"},
        {R"({"method_throttles":[{"method":"GET","path":"/a*b","rate_limit":1,"burst_limit":1}]})",
         "/method_throttles/0/path"},
        {R"({"method_throttles":[{"method":"GET","path":"/a?b","rate_limit":1,"burst_limit":1}]})",
         "/method_throttles/0/path"},
        {R"({"method_throttles":[{"method":"GET","path":"/a","burst_limit":1}]})",
         "/method_throttles/0/rate_limit"},
        {R"({"method_throttles":[{"method":"GET","path":"/a","rate_limit":1,"burst_limit":1},)"
         R"({"method":"get","path":"/a","rate_limit":2,"burst_limit":1}]})",
         "/method_throttles/1"},
    };
    for (const auto& [json, pointer] : mistakes) {
        const Result<UsageLimits> limits = limits_from_json(json);
        ASSERT_FALSE(limits.ok()) << json;
        EXPECT_EQ(limits.error().code, ErrorCode::kInvalidArgument);
        EXPECT_EQ(limits.error().pointer, pointer) << json << ": " << limits.error().message;
    }
}

TEST(UsageLimits, AtMostTwentyMethods) {
    UsageLimits limits;
    for (int i = 0; i < 20; ++i)
        limits.methods.push_back({"GET", "/" + std::to_string(i), {1000, 1}});
    EXPECT_TRUE(check_limits(limits).ok());
    limits.methods.push_back({"GET", "/more", {1000, 1}});
    EXPECT_EQ(check_limits(limits).error().pointer, "/method_throttles");
}

TEST(UsageLimits, AChangeKeepsWhatItDoesNotName) {
    const UsageLimits before = limits_of(
        R"({"throttle":{"rate_limit":1,"burst_limit":2},"quota":{"limit":10,"period":"DAY","offset":1},)"
        R"("method_throttles":[{"method":"GET","path":"/a","rate_limit":1,"burst_limit":1}]})");
    const auto changed = [&before](std::string_view json) {
        JsonObject object = JsonObject::parse(json).value();
        return changed_limits(before, read_limits_change(object).value());
    };
    EXPECT_EQ(changed("{}").value(), before);
    EXPECT_EQ(changed(R"({"throttle":{"rate_limit":3}})")->throttle, (Throttle{3000, 2}));
    EXPECT_EQ(changed(R"({"quota":{"limit":5}})")->quota, (Quota{5, QuotaPeriod::kDay, 1}));
    EXPECT_EQ(changed(R"({"quota":{"limit":0}})").error().pointer, "/quota/offset");
    EXPECT_EQ(changed(R"({"throttle":null})")->throttle, std::nullopt);
    EXPECT_EQ(changed(R"({"quota":null})")->quota, std::nullopt);
    EXPECT_TRUE(changed(R"({"method_throttles":null})")->methods.empty());
    EXPECT_EQ(changed(R"({"method_throttles":[]})")->throttle, before.throttle);
}

}  // namespace
}  // namespace tally::accounts
