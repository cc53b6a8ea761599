#include "api/metrics.hpp"

#include <charconv>
#include <fstream>

#include <unistd.h>

namespace tally::api {
namespace {

std::string number(double value) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, end.ptr};
}

void append_label_value(std::string& out, std::string_view value) {
    for (const char c : value) {
        if (c == '\\' || c == '"')
            out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
}

// From /proc/self/statm: the second number is resident pages.
double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::int64_t total = 0;
    std::int64_t resident = 0;
    statm >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double as_double(std::uint64_t value) {
    return static_cast<double>(value);
}

void write_pipeline(MetricsText& text, const PipelineCounters& pipeline) {
    text.counter("tallyman_requests_total", "Captured requests by what became of them, as in the ledger.");
    text.sample("tallyman_requests_total", {{"outcome", "delivered"}}, as_double(pipeline.delivered));
    text.sample("tallyman_requests_total", {{"outcome", "duplicate"}}, as_double(pipeline.duplicate));
    text.sample("tallyman_requests_total", {{"outcome", "dropped"}}, as_double(pipeline.dropped));
    text.sample("tallyman_requests_total", {{"outcome", "rejected"}}, as_double(pipeline.rejected));
    text.sample("tallyman_requests_total", {{"outcome", "quarantined"}}, as_double(pipeline.quarantined));
    text.sample("tallyman_requests_total", {{"outcome", "lost"}}, as_double(pipeline.lost));
    text.gauge("tallyman_requests_undelivered", "Captured requests that are not in the lake yet.");
    text.sample("tallyman_requests_undelivered", as_double(pipeline.undelivered));
    text.gauge("tallyman_requests_pending", "Captured requests that have not ended.");
    text.sample("tallyman_requests_pending", as_double(pipeline.pending));
    text.counter("tallyman_commits_total", "Commits to the lake since the table was made.");
    text.sample("tallyman_commits_total", as_double(pipeline.commits));
    text.gauge("tallyman_last_commit_timestamp_seconds", "When the last commit was; 0 = never.");
    text.sample("tallyman_last_commit_timestamp_seconds", pipeline.last_commit_seconds);
    text.counter("tallyman_flush_failures_total", "Flushes that failed, since the server's start.");
    text.sample("tallyman_flush_failures_total", as_double(pipeline.flush_failures));
    text.counter("tallyman_capture_sync_failures_total",
                 "Failed syncs of the capture log, since the server's start.");
    text.sample("tallyman_capture_sync_failures_total", as_double(pipeline.sync_failures));
}

}  // namespace

void MetricsText::head(std::string_view name, std::string_view help, std::string_view type) {
    out_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
    out_.append(" ").append(type).append("\n");
}

void MetricsText::sample(std::string_view name, const Labels& labels, double value) {
    out_.append(name);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        out_.append(i == 0 ? "{" : ",").append(labels[i].first).append("=\"");
        append_label_value(out_, labels[i].second);
        out_ += '"';
    }
    out_.append(labels.empty() ? " " : "} ").append(number(value)).append("\n");
}

std::string metrics_text(const PipelineCounters& pipeline, const PrepaidCounts& prepaid,
                         const RequestCounters& requests, std::string_view version) {
    MetricsText text;
    text.gauge("tallyman_build_info", "Always 1; the label names the build.");
    text.sample("tallyman_build_info", {{"version", version}}, 1);
    write_pipeline(text, pipeline);
    text.gauge("tallyman_prepaid_customers", "Customers who pay ahead; stopped = the credit is spent.");
    text.sample("tallyman_prepaid_customers", {{"state", "open"}}, as_double(prepaid.open));
    text.sample("tallyman_prepaid_customers", {{"state", "stopped"}}, as_double(prepaid.stopped));
    text.counter("tallyman_api_requests_total", "Answered API requests by route and status.");
    for (const auto& count : requests.all()) {
        const std::string status = std::to_string(count.status);
        text.sample("tallyman_api_requests_total",
                    {{"method", count.method}, {"route", count.pattern}, {"status", status}},
                    as_double(count.requests));
    }
    text.gauge("process_resident_memory_bytes", "Resident memory of the server.");
    text.sample("process_resident_memory_bytes", resident_bytes());
    return text.take();
}

}  // namespace tally::api
