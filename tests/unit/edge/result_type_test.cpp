#include "edge/result_type.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tally::edge {
namespace {

struct Case {
    const char* name;
    RequestOutcome outcome;
    ResultType result;
    DetailedResult detailed;
};

class ResultTypeTest : public testing::TestWithParam<Case> {};

TEST_P(ResultTypeTest, FollowsTheTable) {
    const Classification expected{GetParam().result, GetParam().detailed};
    EXPECT_EQ(classify(GetParam().outcome), expected);
}

constexpr auto kSame = DetailedResult::kSame;

INSTANTIATE_TEST_SUITE_P(
    Outcomes, ResultTypeTest,
    testing::Values(
        Case{"hit", {.status = 200, .cache_status = CacheStatus::kHit}, ResultType::kHit, kSame},
        Case{"hit_not_modified", {.status = 304, .cache_status = CacheStatus::kHit}, ResultType::kHit, kSame},
        Case{"revalidated",
             {.status = 200, .cache_status = CacheStatus::kRevalidated, .upstream_used = true},
             ResultType::kRefreshHit,
             kSame},
        Case{"expired",
             {.status = 200, .cache_status = CacheStatus::kExpired, .upstream_used = true},
             ResultType::kMiss,
             kSame},
        Case{"stale",
             {.status = 200, .cache_status = CacheStatus::kStale},
             ResultType::kHit,
             DetailedResult::kStaleHit},
        Case{"updating",
             {.status = 200, .cache_status = CacheStatus::kUpdating},
             ResultType::kHit,
             DetailedResult::kStaleHit},
        Case{"bypass",
             {.status = 200, .cache_status = CacheStatus::kBypass, .upstream_used = true},
             ResultType::kMiss,
             kSame},
        Case{"no_cache", {.status = 200, .upstream_used = true}, ResultType::kMiss, kSame},
        Case{"redirect_of_the_origin",
             {.status = 302, .upstream_used = true, .https_redirect = true},
             ResultType::kMiss,
             kSame},
        Case{"redirect_to_https", {.status = 301, .https_redirect = true}, ResultType::kRedirect, kSame},
        Case{"websocket", {.status = 101, .upstream_used = true}, ResultType::kMiss, kSame},
        Case{"not_found_at_the_origin",
             {.status = 404, .upstream_used = true, .upstream_connected = true, .upstream_answered = true},
             ResultType::kError,
             kSame},
        Case{"cached_not_found",
             {.status = 404, .cache_status = CacheStatus::kHit},
             ResultType::kError,
             kSame},
        Case{"connection_refused",
             {.status = 502, .upstream_used = true},
             ResultType::kError,
             DetailedResult::kOriginConnectError},
        Case{"no_answer",
             {.status = 504, .upstream_used = true, .upstream_connected = true},
             ResultType::kError,
             DetailedResult::kOriginReadError},
        Case{"origin_error",
             {.status = 500, .upstream_used = true, .upstream_connected = true, .upstream_answered = true},
             ResultType::kError,
             DetailedResult::kOriginError},
        Case{"hung_up_before_the_answer",
             {.status = 499, .upstream_used = true, .client_gone = true},
             ResultType::kError,
             DetailedResult::kClientHungUpRequest},
        Case{"hung_up_in_the_answer",
             {.status = 200, .upstream_used = true, .client_gone = true},
             ResultType::kError,
             DetailedResult::kClientCommError},
        Case{"bad_request", {.status = 400}, ResultType::kError, DetailedResult::kInvalidRequest},
        Case{"big_headers", {.status = 494}, ResultType::kError, DetailedResult::kInvalidRequest},
        Case{"bad_method", {.status = 405}, ResultType::kError, DetailedResult::kInvalidRequestMethod},
        Case{"forbidden", {.status = 403, .refusal = Refusal::kForbidden}, ResultType::kError, kSame},
        Case{"no_key_table",
             {.status = 503, .refusal = Refusal::kKeyTableUnavailable},
             ResultType::kError,
             kSame},
        Case{"no_room", {.status = 503, .refusal = Refusal::kNoRoom}, ResultType::kCapacityExceeded, kSame}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace tally::edge
