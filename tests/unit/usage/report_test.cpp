#include "base/time_text.hpp"
#include "support/request_lake.hpp"
#include "usage/usage.hpp"

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace tally::usage {
namespace {

using tally::test::CapturedRequest;
using tally::test::RequestLake;

Instant at(std::string_view text) {
    return *parse_rfc3339(text);
}

UsageQuestion day_of(std::string_view date) {
    UsageQuestion question;
    question.from = at(std::string(date) + "T00:00:00Z");
    question.to = question.from + std::chrono::hours(24);
    return question;
}

std::vector<UsageRow> ask(RequestLake& lake, const UsageQuestion& question) {
    auto rows = report(lake.engine(), question);
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    return rows.ok() ? *rows : std::vector<UsageRow>{};
}

// A few hundred requests that differ in everything that a report looks at; half of them delivered.
std::vector<CapturedRequest> varied_requests() {
    std::vector<CapturedRequest> requests;
    SeededRandom random(7);
    const auto pick = [&](std::uint64_t count) { return random.next_u64() % count; };
    const std::uint16_t statuses[] = {200, 201, 304, 404, 403, 500, 399, 400};
    const ResultType results[] = {ResultType::kHit, ResultType::kRefreshHit, ResultType::kMiss,
                                  ResultType::kError};
    for (int i = 0; i < 400; ++i) {
        CapturedRequest request;
        request.time = at("2026-10-01T00:00:00Z") +
                       std::chrono::microseconds(pick(2 * 24 * 3600) * 1'000'000 + pick(1'000'000));
        request.key = "key_" + std::to_string(pick(3));
        request.customer = "cus_" + std::to_string(pick(2));
        request.method = pick(2) == 0 ? "GET" : "POST";
        request.path = "/p" + std::to_string(pick(4));
        request.status = statuses[pick(8)];
        request.result = results[pick(4)];
        request.bytes_sent = static_cast<std::int64_t>(pick(1'000'000));
        request.bytes_received = static_cast<std::int64_t>(pick(1'000));
        request.time_taken_us = static_cast<std::int64_t>(pick(3'000'000));
        requests.push_back(request);
    }
    return requests;
}

void fill(RequestLake& lake, const std::vector<CapturedRequest>& requests) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
        lake.capture(requests[i]);
        if (i == requests.size() / 2)
            lake.deliver();
    }
}

struct Sums {
    UsageRow row;
    double time_us = 0;

    void add(const CapturedRequest& request) {
        ++row.requests;
        row.bytes_out += request.bytes_sent;
        row.bytes_in += request.bytes_received;
        time_us += static_cast<double>(request.time_taken_us);
        row.successes += request.status >= 200 && request.status <= 399 ? 1 : 0;
        row.errors += request.status >= 400 ? 1 : 0;
        row.hits += request.result == ResultType::kHit || request.result == ResultType::kRefreshHit ? 1 : 0;
        row.misses += request.result == ResultType::kMiss ? 1 : 0;
    }
};

void expect_equal(const UsageRow& row, const Sums& expected, const std::string& where) {
    EXPECT_EQ(row.requests, expected.row.requests) << where;
    EXPECT_EQ(row.bytes_out, expected.row.bytes_out) << where;
    EXPECT_EQ(row.bytes_in, expected.row.bytes_in) << where;
    EXPECT_EQ(row.successes, expected.row.successes) << where;
    EXPECT_EQ(row.errors, expected.row.errors) << where;
    EXPECT_EQ(row.hits, expected.row.hits) << where;
    EXPECT_EQ(row.misses, expected.row.misses) << where;
    ASSERT_TRUE(row.average_time_ms.has_value()) << where;
    EXPECT_NEAR(*row.average_time_ms, expected.time_us / 1000 / static_cast<double>(expected.row.requests),
                1e-6)
        << where;
}

TEST(Report, AgreesWithAnAdditionByHand) {
    RequestLake lake;
    const auto requests = varied_requests();
    fill(lake, requests);
    UsageQuestion question = day_of("2026-10-01");
    question.to += std::chrono::hours(24);
    question.by = {"api_key", "path", "method", "customer", "status", "result_type", "stage", "plan"};
    question.window = Window::kHour;
    std::map<std::string, Sums> expected;
    for (const CapturedRequest& request : requests) {
        const auto hour = to_us(request.time) / 3'600'000'000;
        expected[std::to_string(hour) + request.key + request.path + request.method + request.customer +
                 std::to_string(request.status) + std::string(result_type_name(request.result)) +
                 request.stage + request.plan]
            .add(request);
    }
    const auto rows = ask(lake, question);
    EXPECT_EQ(rows.size(), expected.size());
    for (UsageRow row : rows) {
        ASSERT_TRUE(row.window_start.has_value());
        auto& d = row.dimensions;
        const std::string where = std::to_string(to_us(*row.window_start) / 3'600'000'000) + d["api_key"] +
                                  d["path"] + d["method"] + d["customer"] + d["status"] + d["result_type"] +
                                  d["stage"] + d["plan"];
        ASSERT_TRUE(expected.contains(where)) << where;
        expect_equal(row, expected[where], where);
    }
}

TEST(Report, TheTotalIsOneRow) {
    RequestLake lake;
    const auto requests = varied_requests();
    fill(lake, requests);
    Sums expected;
    for (const CapturedRequest& request : requests)
        if (request.time < at("2026-10-02T00:00:00Z"))
            expected.add(request);
    const auto rows = ask(lake, day_of("2026-10-01"));
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_TRUE(rows[0].dimensions.empty());
    EXPECT_FALSE(rows[0].window_start.has_value());
    expect_equal(rows[0], expected, "total");
    EXPECT_EQ(rows[0].countries, 0);
}

TEST(Report, NothingAddsUpToZero) {
    RequestLake lake;
    UsageQuestion question = day_of("2026-10-01");
    const auto rows = ask(lake, question);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].requests, 0);
    EXPECT_EQ(rows[0].average_time_ms, std::nullopt);
    question.by = {"path"};
    EXPECT_TRUE(ask(lake, question).empty());
}

TEST(Report, TheRangeIsHalfOpen) {
    RequestLake lake;
    lake.capture({.time = at("2026-10-01T00:00:00Z") - Microseconds(1)});
    lake.capture({.time = at("2026-10-01T00:00:00Z")});
    lake.capture({.time = at("2026-10-02T00:00:00Z") - Microseconds(1)});
    lake.capture({.time = at("2026-10-02T00:00:00Z")});
    EXPECT_EQ(ask(lake, day_of("2026-10-01"))[0].requests, 2);
    lake.deliver();
    EXPECT_EQ(ask(lake, day_of("2026-10-01"))[0].requests, 2);
}

TEST(Report, CanBeOfOneCustomerOrKey) {
    RequestLake lake;
    const Instant time = at("2026-10-01T10:00:00Z");
    lake.capture({.time = time, .key = "key_1", .customer = "cus_1"});
    lake.capture({.time = time, .key = "key_2", .customer = "cus_1"});
    lake.capture({.time = time, .key = "key_3", .customer = "cus_2"});
    lake.capture({.time = time, .auth = AuthResult::kMissingKey, .key = "", .customer = "", .status = 403});
    UsageQuestion question = day_of("2026-10-01");
    EXPECT_EQ(ask(lake, question)[0].requests, 4);
    question.customer = CustomerId("cus_1");
    EXPECT_EQ(ask(lake, question)[0].requests, 2);
    question.key = KeyId("key_2");
    EXPECT_EQ(ask(lake, question)[0].requests, 1);
    question.customer = CustomerId("cus_2' OR '1'='1");
    EXPECT_EQ(ask(lake, question)[0].requests, 0);
}

TEST(Report, RefusedRequestsHaveNoCustomer) {
    RequestLake lake;
    lake.capture({.time = at("2026-10-01T10:00:00Z"),
                  .auth = AuthResult::kUnknownKey,
                  .key = "",
                  .customer = "",
                  .status = 403});
    UsageQuestion question = day_of("2026-10-01");
    question.by = {"customer", "status"};
    const auto rows = ask(lake, question);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].dimensions.at("customer"), "");
    EXPECT_EQ(rows[0].dimensions.at("status"), "403");
}

TEST(Report, HoursOfAFoldAreTwo) {
    RequestLake lake;
    // Berlin leaves summer time on 2026-10-25: 03:00 CEST becomes 02:00 CET.
    lake.capture({.time = at("2026-10-25T00:30:00Z")});
    lake.capture({.time = at("2026-10-25T01:30:00Z")});
    UsageQuestion question = day_of("2026-10-25");
    question.zone = *TimeZone::find("Europe/Berlin");
    question.window = Window::kHour;
    const auto rows = ask(lake, question);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].window_start, at("2026-10-25T00:00:00Z"));
    EXPECT_EQ(rows[1].window_start, at("2026-10-25T01:00:00Z"));
}

TEST(Report, HoursOfAHalfHourZoneBeginAtTheirOwnHour) {
    RequestLake lake;
    lake.capture({.time = at("2026-10-25T01:15:00Z")});  // 06:45 in Kolkata
    UsageQuestion question = day_of("2026-10-25");
    question.zone = *TimeZone::find("Asia/Kolkata");
    question.window = Window::kHour;
    const auto rows = ask(lake, question);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].window_start, at("2026-10-25T00:30:00Z"));
}

TEST(Report, DaysAndMonthsBeginAtLocalMidnight) {
    RequestLake lake;
    lake.capture({.time = at("2026-10-24T21:59:59Z")});  // the 24th in Berlin
    lake.capture({.time = at("2026-10-24T22:00:00Z")});  // the 25th, 25 hours long
    lake.capture({.time = at("2026-10-25T22:59:59Z")});
    lake.capture({.time = at("2026-10-25T23:00:00Z")});  // the 26th
    lake.capture({.time = at("2026-10-31T23:00:00Z")});  // November
    UsageQuestion question = day_of("2026-10-01");
    question.to = at("2026-12-01T00:00:00Z");
    question.zone = *TimeZone::find("Europe/Berlin");
    question.window = Window::kDay;
    auto rows = ask(lake, question);
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0].window_start, at("2026-10-23T22:00:00Z"));
    EXPECT_EQ(rows[1].window_start, at("2026-10-24T22:00:00Z"));
    EXPECT_EQ(rows[1].requests, 2);
    EXPECT_EQ(rows[2].window_start, at("2026-10-25T23:00:00Z"));
    question.window = Window::kMonth;
    rows = ask(lake, question);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].window_start, at("2026-09-30T22:00:00Z"));
    EXPECT_EQ(rows[0].requests, 4);
    EXPECT_EQ(rows[1].window_start, at("2026-10-31T23:00:00Z"));
}

TEST(Report, UnknownDimensionsNameTheNearest) {
    RequestLake lake;
    UsageQuestion question = day_of("2026-10-01");
    question.by = {"custmer"};
    const auto rows = report(lake.engine(), question);
    ASSERT_FALSE(rows.ok());
    EXPECT_EQ(rows.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(rows.error().message, "usage cannot be split by custmer; did you mean customer?");
    question.by = {"weather in Berlin"};
    EXPECT_NE(report(lake.engine(), question).error().message.find("api_key, customer"), std::string::npos);
}

TEST(Report, AnEmptyRangeIsAnError) {
    RequestLake lake;
    UsageQuestion question = day_of("2026-10-01");
    question.to = question.from;
    EXPECT_EQ(report(lake.engine(), question).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace tally::usage
