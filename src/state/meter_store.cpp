#include "base/json_value.hpp"
#include "base/json_writer.hpp"
#include "state/embedded_sql.hpp"
#include "state/paging.hpp"
#include "state/stores.hpp"

#include <fmt/format.h>

namespace tally::state {

using billing::StoredMeter;

namespace {

std::string group_by_text(const std::vector<std::string>& names) {
    JsonWriter json;
    json.begin_array();
    for (const std::string& name : names)
        json.string(name);
    return json.end_array().take();
}

Result<std::vector<std::string>> read_group_by(const std::string& text) {
    TRY_ASSIGN(const JsonValue list, JsonValue::parse(text));
    std::vector<std::string> names;
    if (list.as_array() == nullptr)
        return Error{ErrorCode::kCorruption, "state database: a meter's group_by is no list"};
    for (const JsonValue& item : *list.as_array())
        names.push_back(item.as_string() != nullptr ? *item.as_string() : "");
    return names;
}

Result<StoredMeter> read_meter(const Row& row) {
    StoredMeter stored;
    stored.meter.id = MeterId(row.text(0));
    stored.meter.code = row.text(1);
    stored.meter.version = static_cast<int>(row.whole(2));
    stored.meter.source = row.text(3);
    TRY_ASSIGN(stored.meter.aggregation, parse_aggregation(row.text(4)));
    stored.meter.value = row.text(5);
    TRY_ASSIGN(stored.meter.scale, Decimal::parse(row.text(6)));
    stored.meter.filter = row.text(7);
    TRY_ASSIGN(stored.meter.group_by, read_group_by(row.text(8)));
    stored.created_at = row.instant(9);
    stored.archived_at = row.optional_instant(10);
    return stored;
}

std::string meter_id(const StoredMeter& stored) {
    return stored.meter.id.str();
}

}  // namespace

Status MeterStore::insert(const StoredMeter& stored) {
    const Meter& meter = stored.meter;
    return database_.write([&](Connection& connection) -> Status {
        TRY_ASSIGN(const std::vector<Row> taken,
                   connection.query(sql::kFindMeterVersion, {meter.code, std::int64_t{meter.version}}));
        if (!taken.empty())
            return Error{ErrorCode::kAlreadyExists,
                         fmt::format("meter {} has a version {} already", meter.code, meter.version)};
        TRY(connection.execute(
            sql::kInsertMeter,
            {meter.id.str(), meter.code, std::int64_t{meter.version}, meter.source,
             aggregation_name(meter.aggregation), meter.value, meter.scale.str(), meter.filter,
             group_by_text(meter.group_by), stored.created_at, stored.archived_at}));
        return database_.audit(connection, "meter.create", meter.id.str(),
                               fmt::format("{}@{}", meter.code, meter.version));
    });
}

Status MeterStore::archive(std::string_view code, Instant at) {
    return database_.write([&](Connection& connection) -> Status {
        TRY_ASSIGN(const std::int64_t rows, connection.execute(sql::kArchiveMeter, {at, code}));
        if (rows == 0)
            return Error{ErrorCode::kNotFound, fmt::format("there is no meter {}", code)};
        return database_.audit(connection, "meter.archive", code, "");
    });
}

Result<std::optional<StoredMeter>> MeterStore::find(std::string_view code, std::optional<int> version) {
    return database_.read([&](Connection& connection) -> Result<std::optional<StoredMeter>> {
        TRY_ASSIGN(const std::vector<Row> rows,
                   version ? connection.query(sql::kFindMeterVersion, {code, std::int64_t{*version}})
                           : connection.query(sql::kFindNewestMeter, {code}));
        return first_of<StoredMeter>(rows, read_meter);
    });
}

Result<std::optional<StoredMeter>> MeterStore::find_by_id(const MeterId& id) {
    return database_.read([&](Connection& connection) -> Result<std::optional<StoredMeter>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindMeter, {id.str()}));
        return first_of<StoredMeter>(rows, read_meter);
    });
}

Result<accounts::Page<StoredMeter>> MeterStore::list(const accounts::PageRequest& page) {
    return database_.read([&](Connection& connection) -> Result<accounts::Page<StoredMeter>> {
        TRY_ASSIGN(const std::int64_t after, position_of(connection, sql::kMeterPosition, page.cursor));
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kListMeters, {after, one_more(page.limit)}));
        return page_of<StoredMeter>(rows, page.limit, read_meter, meter_id);
    });
}

}  // namespace tally::state
