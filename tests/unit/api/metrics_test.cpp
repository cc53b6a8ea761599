#include "api/metrics.hpp"

#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace tally::api {
namespace {

TEST(MetricsText, EscapesLabelValues) {
    MetricsText text;
    text.gauge("m", "help");
    text.sample("m", {{"a", "x\"y\\z\nw"}, {"b", ""}}, 1.5);
    EXPECT_EQ(text.take(), "# HELP m help\n# TYPE m gauge\nm{a=\"x\\\"y\\\\z\\nw\",b=\"\"} 1.5\n");
}

TEST(Metrics, NamesWhatBecameOfEachRequest) {
    PipelineCounters pipeline;
    pipeline.delivered = 12;
    pipeline.lost = 2;
    pipeline.pending = 3;
    RequestCounters requests;
    requests.add("GET", "/v1/keys/{id}", 404);
    requests.add("GET", "/v1/keys/{id}", 404);
    const std::string text = metrics_text(pipeline, {.open = 4, .stopped = 1}, requests, "1.2.3");
    EXPECT_NE(text.find("tallyman_build_info{version=\"1.2.3\"} 1\n"), std::string::npos);
    EXPECT_NE(text.find("tallyman_requests_total{outcome=\"delivered\"} 12\n"), std::string::npos);
    EXPECT_NE(text.find("tallyman_requests_total{outcome=\"lost\"} 2\n"), std::string::npos);
    EXPECT_NE(text.find("tallyman_requests_pending 3\n"), std::string::npos);
    EXPECT_NE(
        text.find("tallyman_api_requests_total{method=\"GET\",route=\"/v1/keys/{id}\",status=\"404\"} 2\n"),
        std::string::npos);
    EXPECT_NE(text.find("tallyman_prepaid_customers{state=\"open\"} 4\n"), std::string::npos);
    EXPECT_NE(text.find("tallyman_prepaid_customers{state=\"stopped\"} 1\n"), std::string::npos);
    EXPECT_NE(text.find("process_resident_memory_bytes "), std::string::npos);
}

// The text format: each line a comment or "name{labels} number".
TEST(Metrics, EveryLineIsOfTheTextFormat) {
    std::istringstream lines(metrics_text({}, {}, {}, "1"));
    for (std::string line; std::getline(lines, line);) {
        ASSERT_FALSE(line.empty());
        if (line.front() == '#')
            continue;
        const std::size_t blank = line.rfind(' ');
        ASSERT_NE(blank, std::string::npos) << line;
        EXPECT_NO_THROW(static_cast<void>(std::stod(line.substr(blank + 1)))) << line;
    }
}

}  // namespace
}  // namespace tally::api
