#include "api/openapi.hpp"

#include "base/json_value.hpp"

#include <gtest/gtest.h>

namespace tally::api {
namespace {

TEST(OpenApi, DescribesARoute) {
    const Route route{"POST",
                      "/v1/keys/{id}/rotate",
                      Access::kAdmin,
                      Cost::kQuick,
                      "Makes a new key.",
                      {{"limit", "how many"}},
                      R"({"type":"object","required":["a"]})",
                      R"({"type":"object"})",
                      {},
                      201};
    const auto document = JsonValue::parse(openapi_document({route}, "1.2.3"));
    ASSERT_TRUE(document.ok());
    EXPECT_EQ(document->text_of("openapi"), "3.1.0");
    const JsonValue* operation = document->find("paths")->find("/v1/keys/{id}/rotate")->find("post");
    ASSERT_NE(operation, nullptr);
    EXPECT_EQ(operation->text_of("operationId"), "post_v1_keys_id_rotate");
    EXPECT_EQ(operation->find("parameters")->as_array()->size(), 3U);  // id, limit, Idempotency-Key
    EXPECT_TRUE(*operation->find("requestBody")->find("required")->as_bool());
    EXPECT_NE(operation->find("responses")->find("201"), nullptr);
    EXPECT_EQ(operation->find("security")->as_array()->size(), 1U);
}

TEST(OpenApi, AnOpenRouteNeedsNoSecurity) {
    const Route route{"GET", "/healthz", Access::kOpen, Cost::kQuick, "Alive.", {}, "", "", {}};
    const auto document = JsonValue::parse(openapi_document({route}, "1"));
    EXPECT_TRUE(
        document->find("paths")->find("/healthz")->find("get")->find("security")->as_array()->empty());
}

}  // namespace
}  // namespace tally::api
