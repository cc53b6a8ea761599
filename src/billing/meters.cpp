#include "billing/meters.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tally::billing {

namespace {

StoredMeter built_in(const Meter& meter) {
    return {.meter = meter, .created_at = Instant(), .archived_at = std::nullopt, .built_in = true};
}

Error no_meter(std::string_view reference) {
    return Error{ErrorCode::kNotFound, fmt::format("no meter has the id or code \"{}\"", reference)};
}

Status check_code(std::string_view code) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_";
    if (code.empty() || code.size() > 64 || code.find_first_not_of(kAllowed) != std::string_view::npos)
        return Error{ErrorCode::kInvalidArgument, "must be 1 to 64 characters of a-z, 0-9 and _", "/code"};
    return {};
}

}  // namespace

Meters::Meters(MeterStore& store, std::vector<Meter> built_in, MeterCheck check, const Clock& clock,
               RandomSource& random)
    : store_(store),
      built_in_(std::move(built_in)),
      check_(std::move(check)),
      clock_(clock),
      random_(random) {}

Result<StoredMeter> Meters::create(const Meter& wanted) {
    TRY(check_code(wanted.code));
    for (const Meter& meter : built_in_)
        if (meter.code == wanted.code)
            return Error{ErrorCode::kAlreadyExists,
                         fmt::format("\"{}\" is a built-in meter; choose another code", wanted.code),
                         "/code"};
    StoredMeter stored{
        .meter = wanted, .created_at = clock_.now(), .archived_at = std::nullopt, .built_in = false};
    stored.meter.id = MeterId(make_id(random_, "mtr_"));
    TRY_ASSIGN(const std::optional<StoredMeter> newest, store_.find(wanted.code, std::nullopt));
    stored.meter.version = newest ? newest->meter.version + 1 : 1;
    TRY(check_(stored.meter));
    TRY(store_.insert(stored));
    return stored;
}

Result<StoredMeter> Meters::find(std::string_view reference) {
    for (const Meter& meter : built_in_)
        if (meter.code == reference || (!meter.id.empty() && meter.id.str() == reference))
            return built_in(meter);
    TRY_ASSIGN(std::optional<StoredMeter> by_id, store_.find_by_id(MeterId(std::string(reference))));
    if (by_id)
        return std::move(*by_id);
    TRY_ASSIGN(std::optional<StoredMeter> by_code, store_.find(reference, std::nullopt));
    if (by_code)
        return std::move(*by_code);
    return no_meter(reference);
}

Result<StoredMeter> Meters::find_version(std::string_view code, int version) {
    for (const Meter& meter : built_in_)
        if (meter.code == code && meter.version == version)
            return built_in(meter);
    TRY_ASSIGN(std::optional<StoredMeter> found, store_.find(code, version));
    if (found)
        return std::move(*found);
    return no_meter(fmt::format("{}@{}", code, version));
}

Result<accounts::Page<StoredMeter>> Meters::list(const accounts::PageRequest& page) {
    TRY(accounts::check_page(page));
    TRY_ASSIGN(accounts::Page<StoredMeter> found, store_.list(page));
    if (!page.cursor.empty())
        return found;
    std::vector<StoredMeter> all;
    for (const Meter& meter : built_in_)
        all.push_back(built_in(meter));
    all.insert(all.end(), std::make_move_iterator(found.data.begin()),
               std::make_move_iterator(found.data.end()));
    found.data = std::move(all);
    return found;
}

Result<StoredMeter> Meters::archive(std::string_view reference) {
    TRY_ASSIGN(const StoredMeter meter, find(reference));
    if (meter.built_in)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("\"{}\" is a built-in meter and cannot be archived", meter.meter.code)};
    TRY(store_.archive(meter.meter.code, clock_.now()));
    return find(meter.meter.code);
}

}  // namespace tally::billing
