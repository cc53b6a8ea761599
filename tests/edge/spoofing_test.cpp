// What a caller claims of itself changes neither who is billed nor where the call came from.
#include "edge_site.hpp"

#include <cstring>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tally::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kSpoofs[] = {
    "X-Forwarded-For: 9.9.9.9",
    "X-Forwarded-For: 9.9.9.9, 127.0.0.1",
    "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-For: 9.9.9.9",
    "x-forwarded-for: [9::9]:80",
    "X-Real-IP: 9.9.9.9",
    "Forwarded: for=9.9.9.9;by=9.9.9.9;host=9.9.9.9",
    "X-Client-IP: 9.9.9.9",
    "True-Client-IP: 9.9.9.9",
    "CF-Connecting-IP: 9.9.9.9",
    "CloudFront-Viewer-Address: 9.9.9.9:1",
    "X-Forwarded-Host: 9.9.9.9",
    "X-Forwarded-Port: 999",
    "X-Customer-Id: cus_9.9.9.9",
    "X-Tallyman-Customer-Id: cus_9.9.9.9",
    "X-Tallyman-Key-Id: key_9.9.9.9",
    "X-Tallyman-Usage-Plan: plan_9.9.9.9",
    "X-Tallyman-Principal: user_9.9.9.9",
    "X_Tallyman_Key_Id: key_9.9.9.9",
    "X-Api-Key: ",
    "Authorization: Bearer tm_live_9999999999999999999999999999999999",
    "Via: 1.1 9.9.9.9",
};

// Headers that the upstream may not be lied to with.
constexpr const char* kTold[] = {"x-forwarded-for",
                                 "x-real-ip",
                                 "forwarded",
                                 "x-forwarded-host",
                                 "x-customer-id",
                                 "x-tallyman-customer-id",
                                 "x-tallyman-key-id",
                                 "x-tallyman-principal",
                                 "x-tallyman-usage-plan",
                                 "x_tallyman_key_id"};

class SpoofingTest : public EdgeSite {
  protected:
    static std::string address_of(const RequestRecord& record) {
        const unsigned char* at = record.client_address + 12;
        return fmt::format("{}.{}.{}.{}", at[0], at[1], at[2], at[3]);
    }

    // The values of a header in the request that the upstream got last.
    std::vector<std::string> told(std::string_view name) {
        std::vector<std::string> values;
        const std::string head = upstream_.requests().back();
        for (std::size_t at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
            const std::string line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
            const std::size_t colon = line.find(':');
            std::string lower = line.substr(0, colon);
            for (char& c : lower)
                c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            if (lower == name)
                values.push_back(line.substr(colon + 1));
        }
        return values;
    }
};

TEST_F(SpoofingTest, ClaimsChangeNeitherTheCustomerNorTheAddress) {
    start();
    std::size_t count = 0;
    for (const char* spoof : kSpoofs)
        for (const bool before : {true, false}) {
            const std::string key = fmt::format("x-api-key: {}\r\n", kKey);
            const std::string lines =
                before ? fmt::format("{}\r\n{}", spoof, key) : fmt::format("{}{}\r\n", key, spoof);
            const HttpResponse response =
                send_one(port(), fmt::format("GET /x HTTP/1.1\r\nHost: api.test\r\n{}\r\n", lines));
            EXPECT_EQ(response.status, 200) << spoof;
            const RequestRecord record = records(++count).back();
            EXPECT_EQ(record.api_key_id, "key_good") << spoof;
            EXPECT_EQ(record.customer_id, "cus_1") << spoof;
            EXPECT_EQ(address_of(record), "127.0.0.1") << spoof;
            for (const char* name : kTold)
                EXPECT_THAT(told(name), testing::Each(Not(HasSubstr("9.9.9")))) << spoof;
            EXPECT_THAT(told("x-forwarded-for"), testing::ElementsAre(" 127.0.0.1"));
            EXPECT_THAT(told("x-tallyman-key-id"), testing::ElementsAre(" key_good"));
        }
}

TEST_F(SpoofingTest, ATrustedProxyIsBelievedUpToTheFirstStranger) {
    config_.trusted_proxies = {"127.0.0.0/8", "10.0.0.0/8"};
    start();

    const struct {
        const char* lines;
        const char* address;
    } cases[] = {
        {"X-Forwarded-For: 203.0.113.7\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 9.9.9.9, 203.0.113.7\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 9.9.9.9, 203.0.113.7, 10.1.2.3\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 10.1.1.1\r\n",
         "203.0.113.7"},
        {"X-Forwarded-For: garbage\r\n", "127.0.0.1"},
        {"X-Forwarded-For: 9.9.9.9, garbage\r\n", "127.0.0.1"},
        {"X-Real-IP: 9.9.9.9\r\n", "127.0.0.1"},
        {"", "127.0.0.1"},
    };

    std::size_t count = 0;
    for (const auto& each : cases) {
        EXPECT_EQ(get("/x", each.lines).status, 200);
        const RequestRecord record = records(++count).back();
        EXPECT_EQ(address_of(record), each.address) << each.lines;
        EXPECT_THAT(told("x-forwarded-for"), testing::ElementsAre(fmt::format(" {}", each.address)));
        EXPECT_THAT(told("x-real-ip"), testing::ElementsAre(fmt::format(" {}", each.address)));
    }
}

TEST_F(SpoofingTest, AProxyThatIsNotTrustedIsNotBelieved) {
    config_.trusted_proxies = {"10.0.0.0/8"};
    start();
    EXPECT_EQ(get("/x", "X-Forwarded-For: 9.9.9.9\r\n").status, 200);
    EXPECT_EQ(address_of(only_record()), "127.0.0.1");
}

}  // namespace
}  // namespace tally::test
