#include "accounts/keys_json.hpp"

#include <gtest/gtest.h>

namespace tally::accounts {
namespace {

ApiKey sample() {
    ApiKey key;
    key.id = KeyId("key_1");
    key.customer = CustomerId("cus_1");
    key.name = "main";
    key.prefix = "tm_live_";
    key.last4 = "wxyz";
    key.hmac = std::string(64, 'f');
    key.digest = {123456789, 987654321};
    return key;
}

TEST(KeysJson, ShowsTheKeyOnceAndItsHashesNever) {
    const std::string shown = key_to_json(sample());
    EXPECT_EQ(
        shown,
        R"({"id":"key_1","customer_id":"cus_1","name":"main","usage_plan":null,)"
        R"("display":"tm_live_…wxyz","principal":null,"status":"active","created_at":"1970-01-01T00:00:00Z",)"
        R"("revoked_at":null,"expires_at":null})");
    const Secret created = created_key_to_json({sample(), Secret("tm_live_secret")});
    EXPECT_NE(created.reveal().find(R"("key":"tm_live_secret")"), std::string_view::npos);
    for (const std::string_view text : {std::string_view(shown), created.reveal()}) {
        EXPECT_EQ(text.find("ffff"), std::string_view::npos);
        EXPECT_EQ(text.find("123456789"), std::string_view::npos);
    }
}

TEST(KeysJson, TakesOverAValueOnlyWhenToldTwice) {
    const KeyRequest made = key_request_from_json(R"({"customer":"Acme","name":"n"})").value();
    EXPECT_FALSE(made.value.has_value());
    EXPECT_EQ(made.key.customer, "Acme");
    EXPECT_EQ(key_request_from_json(R"({"customer_id":"cus_1"})").value().key.customer, "cus_1");
    const KeyRequest imported =
        key_request_from_json(R"({"customer":"Acme","value":"abcdefgh","import":true})").value();
    EXPECT_EQ(imported.value->reveal(), "abcdefgh");
    EXPECT_EQ(key_request_from_json(R"({"customer":"Acme","value":"abcdefgh"})").error().pointer, "/value");
    EXPECT_EQ(key_request_from_json(R"({"customer":"Acme","import":true})").error().pointer, "/import");
    EXPECT_EQ(key_request_from_json(R"({"name":"n"})").error().pointer, "/customer");
    EXPECT_EQ(key_request_from_json(R"({"customer":"Acme","status":"active"})").error().pointer, "/status");
}

TEST(KeysJson, ReadsTheOverlapOfARotation) {
    EXPECT_EQ(rotation_from_json("").value(), std::nullopt);
    EXPECT_EQ(rotation_from_json(R"({"overlap_seconds":60})").value(),
              std::optional<Microseconds>(60'000'000));
    EXPECT_EQ(rotation_from_json(R"({"overlap_seconds":-1})").error().pointer, "/overlap_seconds");
}

}  // namespace
}  // namespace tally::accounts
