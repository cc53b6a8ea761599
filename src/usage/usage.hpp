#pragma once

#include "base/clock.hpp"
#include "base/decimal.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "base/time_zone.hpp"
#include "model/meter.hpp"
#include "query/query_engine.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tally::usage {

// Dimensions that a report can be split by: api_key, customer, path, status, country, method, result_type,
// stage, plan, and dimensions.<response header>. Unknown names are kInvalidArgument with the nearest right
// one.
enum class Window { kNone, kHour, kDay, kMonth };

struct UsageQuestion {
    Instant from;
    Instant to;  // exclusive
    std::optional<CustomerId> customer;
    std::optional<KeyId> key;
    std::vector<std::string> by;
    Window window = Window::kNone;
    TimeZone zone = TimeZone::utc();  // of the windows
};

// One group of a report; sums as in the published samples, with RefreshHit counted as a hit.
struct UsageRow {
    std::map<std::string, std::string> dimensions;
    std::optional<Instant> window_start;
    std::int64_t requests = 0;
    std::int64_t bytes_out = 0;
    std::int64_t bytes_in = 0;
    std::optional<double> average_time_ms;  // nullopt iff no request had a known time
    std::int64_t successes = 0;             // status 200-399
    std::int64_t errors = 0;                // status >= 400
    std::int64_t hits = 0;                  // Hit, RefreshHit
    std::int64_t misses = 0;
    std::int64_t countries = 0;  // distinct
};

Result<std::vector<UsageRow>> report(query::QueryEngine& engine, const UsageQuestion& question);

// One group of a meter's reading.
struct MeterReading {
    std::map<std::string, std::string> group;  // by the meter's group_by; empty when it has none
    Decimal quantity;                          // exact, scaled
    std::int64_t rows = 0;                     // how many rows went into it
    std::string digest;                        // 32 hex digits over those rows, independent of their order
    // Rows whose value is a response header that was sent and is no number: they are not in the quantity.
    std::int64_t skipped = 0;
};

struct MeterQuestion {
    CustomerId customer;
    Instant from;
    Instant to;  // exclusive
    query::Cut cut;
};

// The meter's value for one customer and period: exact, and the same for ever for the same snapshot. No usage
// gives one reading of 0 (none when the meter groups).
Result<std::vector<MeterReading>> measure(query::QueryEngine& engine, const Meter& meter,
                                          const MeterQuestion& question);

// How many requests of the customer the edge let in, newest ones included; those that a limit held back are
// not among them.
Result<std::uint64_t> admitted_requests(query::QueryEngine& engine, const CustomerId& customer, Instant from,
                                        Instant to);

// The meters that exist without being created: requests, egress_gb, ingress_gb.
std::vector<Meter> built_in_meters();

// Everything that can be wrong with a meter's definition, before it is stored.
Status check_meter(query::QueryEngine& engine, const Meter& meter);

}  // namespace tally::usage
