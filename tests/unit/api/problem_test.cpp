#include "api/problem.hpp"

#include "base/json_value.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tally::api {
namespace {

JsonValue body_of(const Response& response) {
    auto value = JsonValue::parse(response.body);
    EXPECT_TRUE(value.ok()) << response.body;
    return value.ok() ? *value : JsonValue();
}

TEST(Problem, SaysWhatAndWhereToTheOneWhoCanMendIt) {
    const auto response =
        problem(Error{ErrorCode::kInvalidArgument, "up_to must rise", "/charges/0/tiers/1/up_to"},
                "/v1/plans", "inc_1");
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.content_type, "application/problem+json");
    const auto body = body_of(response);
    EXPECT_EQ(body.text_of("title"), "Bad Request");
    EXPECT_EQ(body.text_of("detail"), "up_to must rise");
    EXPECT_EQ(body.text_of("instance"), "/v1/plans");
    EXPECT_EQ(body.text_of("code"), "invalid_argument");
    EXPECT_EQ(*body.find("status")->as_int(), 400);
    const auto& errors = *body.find("errors")->as_array();
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].text_of("pointer"), "/charges/0/tiers/1/up_to");
    EXPECT_EQ(errors[0].text_of("detail"), "up_to must rise");
}

TEST(Problem, AFailureOfOursTellsNothingOfTheInside) {
    for (const ErrorCode code :
         {ErrorCode::kIo, ErrorCode::kCorruption, ErrorCode::kInternal, ErrorCode::kUnavailable,
          ErrorCode::kUnknownOutcome, ErrorCode::kResourceExhausted}) {
        const auto response = problem(Error{code, "SELECT secret FROM /var/lib/tallyman/state.db failed"},
                                      "/v1/keys", "inc_42");
        EXPECT_GE(response.status, 500);
        EXPECT_EQ(response.body.find("SELECT"), std::string::npos) << response.body;
        EXPECT_EQ(response.body.find("state.db"), std::string::npos) << response.body;
        EXPECT_EQ(body_of(response).text_of("incident"), "inc_42");
        EXPECT_EQ(body_of(response).text_of("code"), error_code_name(code));
    }
}

TEST(Problem, ALimitThatTheRequestMetIsTheRequestsFault) {
    EXPECT_EQ(http_status(Error{ErrorCode::kResourceExhausted, "more than 100000 rows", "/sql"}), 422);
    EXPECT_EQ(http_status(Error{ErrorCode::kResourceExhausted, "no space left on device"}), 507);
}

TEST(Problem, A401SaysHowToComeIn) {
    const auto response = problem(Error{ErrorCode::kUnauthorized, "send a token"}, "/v1/keys", "");
    EXPECT_EQ(response.status, 401);
    ASSERT_EQ(response.headers.size(), 1U);
    EXPECT_EQ(response.headers[0].first, "WWW-Authenticate");
}

}  // namespace
}  // namespace tally::api
