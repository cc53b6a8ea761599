#pragma once

#include "api/ports.hpp"
#include "api/request_counters.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tally::api {

// Writes the Prometheus text format (version 0.0.4): HELP and TYPE once a metric, then its samples. Label
// values are escaped; names are ours.
class MetricsText {
  public:
    using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

    void counter(std::string_view name, std::string_view help) { head(name, help, "counter"); }

    void gauge(std::string_view name, std::string_view help) { head(name, help, "gauge"); }

    void sample(std::string_view name, const Labels& labels, double value);

    void sample(std::string_view name, double value) { sample(name, {}, value); }

    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    void head(std::string_view name, std::string_view help, std::string_view type);

    std::string out_;
};

// What GET /metrics answers.
std::string metrics_text(const PipelineCounters& pipeline, const PrepaidCounts& prepaid,
                         const RequestCounters& requests, std::string_view version);

}  // namespace tally::api
