#include "accounts/idempotency.hpp"
#include "state/state_database.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

namespace tally::state {
namespace {

TEST(IdempotencyStore, GivesTheSameAnswerAgain) {
    const test::TempFolder folder;
    const SystemClock clock;
    const auto state = StateDatabase::open(folder.path() / "s.db", clock).value();
    accounts::IdempotencyStore& store = state->idempotency();
    EXPECT_EQ(store.begin("k", "digest-1").value(), std::nullopt);
    EXPECT_EQ(store.begin("k", "digest-1").error().code, ErrorCode::kUnavailable) << "still being answered";
    EXPECT_EQ(store.begin("k", "digest-2").error().code, ErrorCode::kConflict);
    ASSERT_TRUE(store.finish("k", {.status = 201, .content_type = "application/json", .body = "{}"}).ok());
    const auto saved = store.begin("k", "digest-1").value();
    ASSERT_TRUE(saved.has_value());
    EXPECT_EQ(saved->status, 201);
    EXPECT_EQ(saved->content_type, "application/json");
    EXPECT_EQ(saved->body, "{}");
    EXPECT_EQ(store.finish("k", {}).error().code, ErrorCode::kNotFound) << "an answer never changes";
}

TEST(IdempotencyStore, ForgetsWhatWasNotDone) {
    const test::TempFolder folder;
    const SystemClock clock;
    const auto state = StateDatabase::open(folder.path() / "s.db", clock).value();
    accounts::IdempotencyStore& store = state->idempotency();
    ASSERT_TRUE(store.begin("k", "d").ok());
    ASSERT_TRUE(store.abandon("k").ok());
    EXPECT_EQ(store.begin("k", "other").value(), std::nullopt);
    ASSERT_TRUE(store.finish("k", {.status = 200, .content_type = "", .body = ""}).ok());
    ASSERT_TRUE(store.abandon("k").ok());
    EXPECT_TRUE(store.begin("k", "other").value().has_value()) << "what was answered stays";
}

}  // namespace
}  // namespace tally::state
