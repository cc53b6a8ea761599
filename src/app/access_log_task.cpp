#include "app/access_log_task.hpp"

#include "app/log.hpp"

#include <algorithm>
#include <utility>

namespace tally::app {
namespace {

delivery::AccessLogOptions options_of(const DataFolder& folder, const Config::Edge& edge) {
    const auto has = [&edge](std::string_view kind) {
        return std::find(edge.access_logs.begin(), edge.access_logs.end(), kind) != edge.access_logs.end();
    };
    delivery::AccessLogOptions options;
    options.folder = folder.root() / edge.access_log_folder;
    options.standard = has("standard");
    options.realtime = has("realtime");
    options.gateway = has("apigateway");
    options.distribution_id = edge.distribution_id;
    options.stage = edge.stage;
    if (!edge.realtime_fields.empty())
        options.realtime_fields.reset();
    for (const std::string& name : edge.realtime_fields)
        if (const auto field = realtime_field(name))
            options.realtime_fields.set(*field);
    return options;
}

}  // namespace

AccessLogTask::AccessLogTask(delivery::AccessLogOptions options, Microseconds interval,
                             const capture::CaptureLog& log, FileSystem& files)
    : interval_(interval), logs_(std::move(options), log, files) {}

Result<std::unique_ptr<AccessLogTask>> AccessLogTask::open(const DataFolder& folder, const Config& config,
                                                           const capture::CaptureLog& log, FileSystem& files,
                                                           const capture::Positions& delivered,
                                                           Geography* geography) {
    if (config.edge.access_logs.empty())
        return nullptr;
    delivery::AccessLogOptions options = options_of(folder, config.edge);
    options.geography = geography;
    const Microseconds interval = config.edge.access_log_interval;
    auto task = std::unique_ptr<AccessLogTask>(new AccessLogTask(std::move(options), interval, log, files));
    auto taken = task->logs_.open(delivered);
    if (!taken)
        return taken.error().within("opening the access logs");
    task->taken_ = std::move(*taken);
    return task;
}

capture::Positions AccessLogTask::removable(const capture::Positions& delivered) const {
    const std::lock_guard guard(mutex_);
    return capture::taken_by_both(delivered, taken_);
}

Status AccessLogTask::write() {
    const auto written = logs_.write();
    const std::lock_guard guard(mutex_);
    taken_ = logs_.positions();
    return written ? Status() : Status(written.error().within("writing access logs"));
}

void AccessLogTask::start() {
    task_.emplace(interval_, [this, last = std::string()]() mutable {
        const Status written = write();
        const std::string now = written ? std::string() : written.error().message;
        if (now != last)
            log_line(now.empty() ? LogLevel::kInfo : LogLevel::kError,
                     now.empty() ? "access logs are written again" : now);
        last = now;
    });
}

Status AccessLogTask::stop() {
    task_.reset();
    return write();
}

}  // namespace tally::app
