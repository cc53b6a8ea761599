#include "api/endpoint.hpp"
#include "api/resources.hpp"
#include "api/usage_period.hpp"

#include <algorithm>
#include <limits>

namespace tally::api {
namespace {

struct Input {
    std::optional<Instant> from;
    std::optional<Instant> to;
};

struct Output {
    std::vector<LedgerLine> lines;
    std::int64_t delivered = 0;  // of all hours, by the ledger
    std::int64_t rows = 0;       // of the table, by its data files

    [[nodiscard]] bool balanced() const {
        return delivered == rows && std::all_of(lines.begin(), lines.end(),
                                                [](const LedgerLine& line) { return line.gaps() == 0; });
    }
};

Result<std::optional<Instant>> read_instant(const Request& request, std::string_view name) {
    const auto text = request.query_value(name);
    if (!text)
        return std::optional<Instant>();
    TRY_ASSIGN(const Instant at, billing::parse_instant_or_date(*text, TimeZone::utc()));
    return std::optional<Instant>(at);
}

Result<Input> read(const Request& request) {
    Input input;
    TRY_ASSIGN(input.from, read_instant(request, "from"));
    TRY_ASSIGN(input.to, read_instant(request, "to"));
    return input;
}

Result<std::int64_t> rows_of(const lake::Table& table) {
    TRY_ASSIGN(const auto state, table.state());
    if (!state.current)
        return 0;
    TRY_ASSIGN(const auto files, table.files(state, *state.current));
    std::int64_t rows = 0;
    for (const auto& file : files)
        rows += file.record_count;
    return rows;
}

// The ledger and the table are two accounts of the same requests: the one from the snapshots' summaries, the
// other from the data files themselves. They must agree.
Result<Output> process(DeliveryControl& delivery, const lake::Table& table, const Input& input) {
    TRY_ASSIGN(auto ledger, delivery.ledger());
    Output output;
    TRY_ASSIGN(output.rows, rows_of(table));
    for (auto& line : ledger) {
        output.delivered += line.delivered;
        if ((!input.from || line.hour >= *input.from) && (!input.to || line.hour < *input.to))
            output.lines.push_back(std::move(line));
    }
    return output;
}

std::string write(const Output& output) {
    JsonWriter json;
    json.begin_object().field("balanced", output.balanced());
    json.field("delivered", output.delivered).field("rows", output.rows);
    json.key("sources").begin_array();
    for (const LedgerLine& line : output.lines) {
        json.begin_object().field("source", line.source).field("hour", format_rfc3339(line.hour));
        json.field("received", line.received).field("delivered", line.delivered);
        json.field("duplicate", line.duplicate)
            .field("dropped", line.dropped)
            .field("rejected", line.rejected);
        json.field("quarantined", line.quarantined).field("lost", line.lost).field("gaps", line.gaps());
        json.end_object();
    }
    json.end_array().end_object();
    return json.take();
}

std::string write_flush(const FlushSummary& flush) {
    const auto whole = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    JsonWriter json;
    json.begin_object()
        .field("delivered", whole(flush.delivered))
        .field("quarantined", whole(flush.quarantined));
    json.field("lost", whole(flush.lost)).field("pending", whole(flush.pending));
    json.field("commits", whole(flush.commits)).end_object();
    return json.take();
}

constexpr const char* kLedger =
    R"({"type":"object","required":["balanced","sources"],"properties":{"balanced":{"type":"boolean"},)"
    R"("delivered":{"type":"integer"},"rows":{"type":"integer"},"sources":{"type":"array",)"
    R"("items":{"type":"object"}}}})";

}  // namespace

std::vector<Route> reconciliation_routes(DeliveryControl& delivery, const lake::Table& requests) {
    const auto run = [&delivery, &requests](const Input& input) {
        return process(delivery, requests, input);
    };
    const auto nothing = [](const Request&) -> Result<int> { return 0; };
    const auto flush = [&delivery](int) { return delivery.flush(); };
    return {
        {"GET",
         "/v1/reconciliation",
         Access::kAdmin,
         Cost::kHeavy,
         "The conservation ledger: what came in by source and hour, and what became of it.",
         {{"from", "instant or date, included"}, {"to", "instant or date, not included"}},
         "",
         kLedger,
         endpoint(read, run, write)},
        {"POST",
         "/v1/flush",
         Access::kAdmin,
         Cost::kHeavy,
         "Delivers everything captured so far to the lake, now.",
         {},
         "",
         kAnyObject,
         endpoint(nothing, flush, write_flush)},
    };
}

}  // namespace tally::api
