#include "usage/usage.hpp"

#include "api/endpoint.hpp"
#include "api/resources.hpp"
#include "api/usage_period.hpp"

#include <algorithm>
#include <cmath>

namespace tally::api {
namespace {

// Each window of a meter is a reading of its own, so their number is bounded.
constexpr std::size_t kMeterWindowsMax = 100;
constexpr std::size_t kMeterCustomersMax = 1000;

struct Input {
    PeriodWish period;
    std::string customer;
    std::string key;
    std::string meter;
    std::vector<std::string> by;
    std::string window;
    bool short_key_name = false;  // asked for as "key", so shown as "key"
};

// One line of either kind of answer.
struct Line {
    std::map<std::string, std::string> dimensions;
    std::optional<Instant> window_start;
    std::optional<usage::UsageRow> sums;         // without a meter
    std::optional<usage::MeterReading> reading;  // with one
};

std::vector<std::string> split_names(const std::string& text) {
    std::vector<std::string> names;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        if (end > at)
            names.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return names;
}

bool is_window(std::string_view name) {
    return name == "hour" || name == "day" || name == "month";
}

// `by` may name a window as well as dimensions, and "key" is the short name of api_key.
Status settle_names(Input& input) {
    std::vector<std::string> dimensions;
    for (std::string& name : input.by) {
        if (is_window(name)) {
            if (!input.window.empty() && input.window != name)
                return Error{ErrorCode::kInvalidArgument,
                             "the window is " + input.window + " already; it cannot be " + name + " too"};
            input.window = name;
        } else {
            input.short_key_name |= name == "key";
            dimensions.push_back(name == "key" ? "api_key" : std::move(name));
        }
    }
    input.by = std::move(dimensions);
    return {};
}

Result<Input> read(const Request& request) {
    Input input;
    input.period = {request.query_value("from"), request.query_value("to"), request.query_value("date"),
                    request.query_value("month")};
    input.customer = request.query_value("customer").value_or("");
    input.key = request.query_value("key").value_or("");
    input.meter = request.query_value("meter").value_or("");
    input.by = split_names(request.query_value("by").value_or(""));
    input.window = request.query_value("window").value_or("");
    if (!input.window.empty() && !is_window(input.window))
        return Error{ErrorCode::kInvalidArgument,
                     "window \"" + input.window + "\" is none of hour, day, month"};
    TRY(settle_names(input));
    if (!input.meter.empty() && (!input.key.empty() || !input.by.empty()))
        return Error{
            ErrorCode::kInvalidArgument,
            "a meter is read by customer; its own group_by splits it, so key and by do not go with it"};
    // A key holder sees that key's usage, whatever is asked for.
    if (request.caller == Caller::kKeyHolder) {
        if (!input.customer.empty() || !input.meter.empty() ||
            (!input.key.empty() && input.key != request.caller_key_id))
            return Error{ErrorCode::kForbidden, "an API key shows its own usage alone"};
        input.key = request.caller_key_id;
    }
    return input;
}

usage::Window window_of(const std::string& name) {
    if (name == "hour")
        return usage::Window::kHour;
    if (name == "day")
        return usage::Window::kDay;
    return name == "month" ? usage::Window::kMonth : usage::Window::kNone;
}

Result<std::vector<accounts::Customer>> customers_of(const UsageParts& parts, const std::string& reference) {
    std::vector<accounts::Customer> out;
    if (!reference.empty()) {
        TRY_ASSIGN(auto customer, parts.customers.find(reference));
        out.push_back(std::move(customer));
        return out;
    }
    accounts::PageRequest request{accounts::kPageLimitMax, ""};
    do {
        TRY_ASSIGN(auto page, parts.customers.list(request));
        out.insert(out.end(), page.data.begin(), page.data.end());
        if (out.size() > kMeterCustomersMax)
            return Error{ErrorCode::kInvalidArgument,
                         "a meter is read for at most 1000 customers at once; name one"};
        request.cursor = page.next_cursor;
    } while (!request.cursor.empty());
    return out;
}

Result<TimeZone> zone_of(const UsageParts& parts, const std::string& customer) {
    if (customer.empty())
        return TimeZone::utc();
    TRY_ASSIGN(const auto found, parts.customers.find(customer));
    return TimeZone::find(found.timezone);
}

Result<std::vector<Line>> read_meter(const UsageParts& parts, const Input& input) {
    TRY_ASSIGN(const auto meter, parts.meters.find(input.meter));
    TRY_ASSIGN(const auto customers, customers_of(parts, input.customer));
    std::vector<Line> lines;
    for (const auto& customer : customers) {
        TRY_ASSIGN(const auto zone, TimeZone::find(customer.timezone));
        TRY_ASSIGN(const auto period, resolve_period(input.period, zone, parts.clock.now()));
        std::vector<ResolvedPeriod> windows{period};
        if (!input.window.empty()) {
            TRY_ASSIGN(windows, cut_into_windows(period, input.window, zone, kMeterWindowsMax));
        }
        for (const auto& window : windows) {
            TRY_ASSIGN(auto readings,
                       usage::measure(parts.engine, meter.meter, {customer.id, window.from, window.to, {}}));
            for (auto& reading : readings) {
                Line line{reading.group, window.from, std::nullopt, std::move(reading)};
                line.dimensions.emplace("customer", customer.id.str());
                lines.push_back(std::move(line));
            }
        }
    }
    return lines;
}

Result<std::vector<Line>> read_report(const UsageParts& parts, const Input& input) {
    TRY_ASSIGN(const auto zone, zone_of(parts, input.customer));
    TRY_ASSIGN(const auto period, resolve_period(input.period, zone, parts.clock.now()));
    usage::UsageQuestion question{period.from, period.to, {}, {}, input.by, window_of(input.window), zone};
    if (!input.customer.empty()) {
        TRY_ASSIGN(const auto customer, parts.customers.find(input.customer));
        question.customer = customer.id;
    }
    if (!input.key.empty()) {
        TRY_ASSIGN(const auto key, parts.keys.find(input.key));
        question.key = key.id;
    }
    TRY_ASSIGN(auto rows, usage::report(parts.engine, question));
    std::vector<Line> lines;
    for (auto& row : rows) {
        const Instant start = row.window_start.value_or(period.from);
        if (input.short_key_name) {
            auto node = row.dimensions.extract("api_key");
            node.key() = "key";
            row.dimensions.insert(std::move(node));
        }
        lines.push_back({row.dimensions, start, std::move(row), std::nullopt});
    }
    return lines;
}

void write_sums(JsonWriter& json, const usage::UsageRow& row) {
    json.field("requests", row.requests).field("bytes_out", row.bytes_out).field("bytes_in", row.bytes_in);
    json.key("average_time_ms");
    if (row.average_time_ms)
        json.number(std::round(*row.average_time_ms * 1000.0) /
                    1000.0);  // to the microsecond, as times are known
    else
        json.null();
    json.field("successes", row.successes).field("errors", row.errors);
    json.field("hits", row.hits).field("misses", row.misses).field("countries", row.countries);
    json.field("quantity", std::to_string(row.requests));
}

void write_line(JsonWriter& json, const Line& line) {
    json.begin_object();
    for (const auto& [name, value] : line.dimensions)
        json.field_or_null(name, value);
    json.field("window_start", format_rfc3339(line.window_start.value_or(Instant{})));
    if (line.sums)
        write_sums(json, *line.sums);
    if (line.reading)
        json.field("quantity", line.reading->quantity.normalized_str())
            .field("rows", line.reading->rows)
            .field("skipped", line.reading->skipped);
    json.end_object();
}

constexpr const char* kUsage =
    R"({"type":"object","required":["data"],"properties":{"data":{"type":"array","items":{"type":"object",)"
    R"("required":["window_start"],"properties":{"window_start":{"type":"string"},"requests":{"type":"integer"},)"
    R"("bytes_out":{"type":"integer"},"bytes_in":{"type":"integer"},"quantity":{"type":"string"},)"
    R"("rows":{"type":"integer"},"skipped":{"type":"integer"}}}}}})";

}  // namespace

std::vector<Route> usage_routes(const UsageParts& parts) {
    const auto process = [parts](const Input& input) {
        return input.meter.empty() ? read_report(parts, input) : read_meter(parts, input);
    };
    const auto write = [](const std::vector<Line>& lines) { return list_to_json(lines, "", write_line); };
    return {{"GET",
             "/v1/usage",
             Access::kKeyHolder,
             Cost::kHeavy,
             "Usage sums, current to the second; with a meter, its exact quantities.",
             {{"from", "instant or date, included"},
              {"to", "instant or date, not included"},
              {"date", "one day, 2026-10-01"},
              {"month", "one month, 2026-10; the default is the running one"},
              {"customer", "id, external id or unique name; its time zone counts"},
              {"key", "id or unique name of a key"},
              {"meter", "id or code: quantities of this meter instead of the sums"},
              {"by",
               "dimensions, with commas: key, customer, path, status, country, method, result_type, "
               "stage, plan, dimensions.<response header>; also hour, day or month"},
              {"window", "hour, day or month"}},
             "",
             kUsage,
             endpoint(read, process, write)}};
}

}  // namespace tally::api
