#include "accounts/usage_plans.hpp"

#include "accounts/keys_json.hpp"
#include "accounts/usage_plans_json.hpp"
#include "unit/accounts/account_parts.hpp"

#include <gtest/gtest.h>

namespace tally::accounts {
namespace {

class UsagePlansTest : public ::testing::Test {
  protected:
    UsagePlansTest() { static_cast<void>(parts.customers.create({.name = "Acme"}).value()); }

    UsagePlan create(std::string_view json) {
        return parts.usage_plans.create(new_usage_plan_from_json(json).value()).value();
    }

    UsagePlan update(std::string_view plan, std::string_view json) {
        return parts.usage_plans.update(plan, usage_plan_change_from_json(json).value()).value();
    }

    ApiKey key_under(const std::string& plan, const std::string& name = "main") {
        return parts.keys
            .create({.customer = "Acme", .name = name, .usage_plan = plan, .expires_at = std::nullopt})
            .value()
            .key;
    }

    QuotaState quota_of(const ApiKey& key) {
        return parts.keys.limits(parts.keys.find(key.id.str()).value()).value().quota.value();
    }

    const PublishedKey& published(const ApiKey& key) { return parts.publisher.table.at(key.id.str()); }

    static std::int64_t month(std::string_view at) {
        return quota_period_number(QuotaPeriod::kMonth, to_us(parse_rfc3339(at).value()));
    }

    test::AccountParts parts;  // its clock: 2026-10-01T00:00:00Z
};

constexpr const char* kGold = R"({"name":"gold","throttle":{"rate_limit":100,"burst_limit":200},)"
                              R"("quota":{"limit":10000,"period":"month","offset":10}})";

TEST_F(UsagePlansTest, AreShownAndFoundByIdAndName) {
    const UsagePlan gold = create(kGold);
    EXPECT_EQ(usage_plan_to_json(gold),
              R"({"id":")" + gold.id.str() +
                  R"(","name":"gold","description":"","throttle":{"rate_limit":100,"burst_limit":200},)"
                  R"("quota":{"limit":10000,"period":"MONTH","offset":10},"method_throttles":[],)"
                  R"("created_at":"2026-10-01T00:00:00Z","updated_at":"2026-10-01T00:00:00Z"})");
    EXPECT_EQ(parts.usage_plans.find("gold").value().id, gold.id);
    EXPECT_EQ(parts.usage_plans.find(gold.id.str()).value().limits, gold.limits);
    EXPECT_EQ(parts.usage_plans.create({.name = "gold"}).error().code, ErrorCode::kAlreadyExists);
    EXPECT_EQ(parts.usage_plans.create({.name = std::string(256, 'n')}).error().pointer, "/name");
    EXPECT_EQ(parts.usage_plans.find("tin").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(parts.usage_plans.list({}).value().data.size(), 1U);
    EXPECT_EQ(new_usage_plan_from_json(R"({"name":"x","quota":{"limit":1,"period":"DAY","spare":1}})")
                  .error()
                  .pointer,
              "/quota/spare");
}

TEST_F(UsagePlansTest, AreTellingTheEdgeUnderTheirOwnNumber) {
    const UsagePlan gold = create(kGold);
    const UsagePlan tin = create(R"({"name":"tin"})");
    EXPECT_GT(gold.ordinal, 0U);
    EXPECT_NE(gold.ordinal, tin.ordinal);
    EXPECT_EQ(parts.plan_publisher.table.at(gold.ordinal).limits, gold.limits);
    ASSERT_TRUE(parts.usage_plans.remove("tin").ok());
    EXPECT_FALSE(parts.plan_publisher.table.contains(tin.ordinal));
    EXPECT_GT(create(R"({"name":"tin"})").ordinal, tin.ordinal) << "a number is never used twice";
}

TEST_F(UsagePlansTest, AChangeReachesTheEdgeAndKeepsTheCount) {
    create(kGold);
    const ApiKey key = key_under("gold");
    parts.quotas.counts[key.ordinal] = {month("2026-10-01T00:00:00Z"), 70};
    parts.clock.advance(std::chrono::hours(1));
    const UsagePlan changed = update("gold", R"({"quota":{"limit":100},"throttle":null})");
    EXPECT_EQ(parts.plan_publisher.table.at(changed.ordinal).limits.quota->limit, 100);
    EXPECT_EQ(changed.limits.throttle, std::nullopt);
    EXPECT_GT(changed.updated_at, changed.created_at);
    const QuotaState quota = quota_of(key);
    EXPECT_EQ(quota.used, 70);
    EXPECT_EQ(quota.remaining, 20) << "100, less the offset of the first period, less what was used";
    EXPECT_EQ(format_rfc3339(quota.resets_at), "2026-11-01T00:00:00Z");
}

TEST_F(UsagePlansTest, AnotherPeriodStartsTheCountAnew) {
    create(kGold);
    const ApiKey key = key_under("gold");
    parts.clock.advance(std::chrono::hours(40 * 24));
    parts.quotas.counts[key.ordinal] = {month("2026-11-10T00:00:00Z"), 70};
    EXPECT_EQ(quota_of(key).offset, 0) << "the first period is over";
    update("gold", R"({"quota":{"period":"DAY"}})");
    const std::int64_t today = quota_period_number(QuotaPeriod::kDay, to_us(parts.clock.now()));
    EXPECT_EQ(parts.quotas.counts.at(key.ordinal).period, today);
    EXPECT_EQ(published(key).first_quota_period, today);
    EXPECT_EQ(quota_of(key).used, 0);
    EXPECT_EQ(quota_of(key).offset, 10);
}

TEST_F(UsagePlansTest, AnotherNameKeepsTheKeys) {
    const UsagePlan gold = create(kGold);
    const ApiKey key = key_under("gold");
    update("gold", R"({"name":"platinum","description":"for the big ones"})");
    EXPECT_EQ(parts.keys.find("main").value().usage_plan, "platinum");
    EXPECT_EQ(published(key).usage_plan, "platinum");
    EXPECT_EQ(published(key).plan_ordinal, gold.ordinal);
    create(R"({"name":"tin"})");
    EXPECT_EQ(parts.usage_plans.update("tin", {.name = "platinum"}).error().code, ErrorCode::kAlreadyExists);
    EXPECT_EQ(update("platinum", R"({"description":null})").description, "");
}

TEST_F(UsagePlansTest, StayWhileActiveKeysAreUnderThem) {
    const UsagePlan gold = create(kGold);
    const ApiKey key = key_under("gold");
    const Result<UsagePlan> kept = parts.usage_plans.remove("gold");
    ASSERT_FALSE(kept.ok());
    EXPECT_EQ(kept.error().code, ErrorCode::kConflict);
    EXPECT_NE(kept.error().message.find(key.id.str()), std::string::npos);
    ASSERT_TRUE(parts.keys.revoke("main").ok());
    EXPECT_EQ(parts.usage_plans.remove("gold").value().id, gold.id);
    EXPECT_EQ(parts.keys.find("main").value().usage_plan, "");
    EXPECT_EQ(parts.usage_plans.remove("gold").error().code, ErrorCode::kNotFound);
}

TEST_F(UsagePlansTest, AKeyMovesToAnotherPlanWithAnUnusedQuota) {
    create(kGold);
    const UsagePlan tin = create(R"({"name":"tin","quota":{"limit":5,"period":"DAY","offset":2}})");
    const ApiKey key = key_under("gold");
    parts.quotas.counts[key.ordinal] = {month("2026-10-01T00:00:00Z"), 70};
    parts.clock.advance(std::chrono::hours(30));
    const ApiKey moved =
        parts.keys.update("main", key_change_from_json(R"({"usage_plan":"tin"})").value()).value();
    EXPECT_EQ(moved.plan_since, parts.clock.now());
    EXPECT_EQ(published(key).plan_ordinal, tin.ordinal);
    EXPECT_EQ(quota_of(moved).used, 0);
    EXPECT_EQ(quota_of(moved).remaining, 3);
    parts.clock.advance(std::chrono::hours(1));
    EXPECT_EQ(parts.keys.update("main", {.usage_plan = "tin"}).value().plan_since, moved.plan_since);
    const ApiKey free =
        parts.keys.update("main", key_change_from_json(R"({"usage_plan":null})").value()).value();
    EXPECT_EQ(free.plan_since, std::nullopt);
    EXPECT_EQ(published(key).plan_ordinal, 0U);
    EXPECT_EQ(parts.keys.limits(free).value().quota.has_value(), false);
    EXPECT_EQ(parts.keys.update("main", {.usage_plan = "none"}).error().code, ErrorCode::kNotFound);
}

TEST_F(UsagePlansTest, AKeysNameChangesAndARevokedKeyStaysWhereItIs) {
    create(kGold);
    const ApiKey key = key_under("gold");
    EXPECT_EQ(parts.keys.update("main", {.name = "web"}).value().name, "web");
    EXPECT_EQ(parts.keys.update("web", {.name = "\n"}).error().pointer, "/name");
    ASSERT_TRUE(parts.keys.revoke("web").ok());
    EXPECT_EQ(parts.keys.update("web", {.usage_plan = ""}).error().pointer, "/usage_plan");
    EXPECT_EQ(parts.keys.update("web", {.name = "old"}).value().usage_plan, "gold");
    EXPECT_TRUE(published(key).revoked);
}

TEST_F(UsagePlansTest, TheUseOfEachKeyIsListed) {
    create(kGold);
    const ApiKey first = key_under("gold", "a");
    key_under("gold", "b");
    key_under("", "c");
    parts.quotas.counts[first.ordinal] = {month("2026-10-01T00:00:00Z"), 3};
    const Page<KeyWithLimits> page = parts.keys.list_of_plan("gold", {.limit = 1}).value();
    ASSERT_EQ(page.data.size(), 1U);
    EXPECT_EQ(plan_usage_to_json(page),
              R"({"data":[{"key_id":")" + first.id.str() + R"(","customer_id":")" + first.customer.str() +
                  R"(","name":"a","status":"active","quota":{"limit":10000,"offset":10,"used":3,)"
                  R"("remaining":9987,"period":"MONTH","resets_at":"2026-11-01T00:00:00Z"}}],)"
                  R"("next_cursor":")" +
                  first.id.str() + R"("})");
    EXPECT_EQ(parts.keys.list_of_plan("gold", {.limit = 1, .cursor = page.next_cursor}).value().data.size(),
              1U);
}

TEST_F(UsagePlansTest, ANewStartTellsTheEdgeEverything) {
    const UsagePlan gold = create(kGold);
    const ApiKey key = key_under("gold");
    const PublishedKey before = published(key);
    parts.publisher.table.clear();
    parts.plan_publisher.table.clear();
    ASSERT_TRUE(parts.publication.tell_all().ok());
    EXPECT_EQ(parts.plan_publisher.table.at(gold.ordinal).limits, gold.limits);
    EXPECT_EQ(published(key).plan_ordinal, gold.ordinal);
    EXPECT_EQ(published(key).ordinal, key.ordinal);
    EXPECT_EQ(published(key).first_quota_period, before.first_quota_period);
}

TEST_F(UsagePlansTest, EveryChangeIsInTheAuditLog) {
    create(kGold);
    update("gold", R"({"quota":null})");
    key_under("");
    ASSERT_TRUE(parts.keys.update("main", {.usage_plan = "gold"}).ok());
    ASSERT_TRUE(parts.keys.update("main", {.usage_plan = ""}).ok());
    ASSERT_TRUE(parts.usage_plans.remove("gold").ok());
    std::vector<std::string> actions;
    const std::vector<AuditEntry> entries = parts.state->audit_log().list(1, 100).value();
    for (const AuditEntry& entry : entries)
        actions.push_back(entry.action);
    EXPECT_EQ(actions, (std::vector<std::string>{"usage_plan.create", "usage_plan.update", "key.create",
                                                 "key.update", "key.update", "usage_plan.delete"}));
    EXPECT_EQ(parts.state->audit_log().verify().value(), 7);
}

TEST_F(UsagePlansTest, TheCreditAccountOfACustomerStandsWithItsKeys) {
    const ApiKey key = key_under("");
    Publication with_credit({parts.state->usage_plans(), parts.state->keys(), parts.plan_publisher,
                             parts.publisher, parts.quotas, parts.clock,
                             [](const CustomerId&) { return Result<std::uint32_t>(7); }});
    EXPECT_EQ(published(key).credit_account, 0U);
    ASSERT_TRUE(with_credit.tell_keys_of(key.customer).ok());
    EXPECT_EQ(published(key).credit_account, 7U);
}

}  // namespace
}  // namespace tally::accounts
