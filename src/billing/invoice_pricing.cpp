#include "billing/invoice_pricing.hpp"

#include "accounts/sha256.hpp"
#include "base/assert.hpp"
#include "base/json_writer.hpp"
#include "billing/period_selection.hpp"
#include "billing/subscriptions.hpp"
#include "rating/rate.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace tally::billing {

namespace {

constexpr std::size_t kDigestDigits = 32;

using Readings = std::vector<usage::MeterReading>;

// What the readings of one meter come to.
struct Evidence {
    Decimal quantity;
    std::int64_t rows = 0;
    std::int64_t skipped = 0;
    std::string digest = std::string(kDigestDigits, '0');
};

// A line made of one reading has its digest; of several, a digest over all of them in the order of their
// groups.
std::string digest_of(const std::vector<const usage::MeterReading*>& readings) {
    if (readings.empty())
        return std::string(kDigestDigits, '0');
    if (readings.size() == 1)
        return readings.front()->digest;
    JsonWriter json;
    json.begin_array();
    for (const usage::MeterReading* reading : readings) {
        json.begin_array().begin_object();
        for (const auto& [name, value] : reading->group)
            json.field(name, value);
        json.end_object().number(reading->rows).string(reading->digest).end_array();
    }
    return accounts::sha256_hex(json.end_array().take()).substr(0, kDigestDigits);
}

bool belongs_to(const usage::MeterReading& reading, const std::optional<rating::Dimensions>& group) {
    if (!group)
        return true;
    return std::all_of(group->begin(), group->end(), [&](const auto& wanted) {
        const auto found = reading.group.find(wanted.first);
        return (found == reading.group.end() ? std::string() : found->second) == wanted.second;
    });
}

Evidence evidence_of(const Readings& readings, const std::optional<rating::Dimensions>& group) {
    std::vector<const usage::MeterReading*> chosen;
    for (const usage::MeterReading& reading : readings)
        if (belongs_to(reading, group))
            chosen.push_back(&reading);
    std::sort(chosen.begin(), chosen.end(), [](const auto* a, const auto* b) { return a->group < b->group; });
    Evidence evidence;
    for (const usage::MeterReading* reading : chosen) {
        evidence.quantity += reading->quantity;
        evidence.rows += reading->rows;
        evidence.skipped += reading->skipped;
    }
    evidence.digest = digest_of(chosen);
    return evidence;
}

Result<std::map<std::string, Readings>> measure_all(const Invoice& invoice, Meters& meters,
                                                    MeterSource& source) {
    std::map<std::string, Readings> all;
    for (const auto& [code, version] : invoice.meter_versions) {
        Readings& readings = all[code];
        // Without a snapshot there is no table, so nothing was ever counted.
        if (!invoice.snapshot)
            continue;
        TRY_ASSIGN(const StoredMeter meter, meters.find_version(code, version));
        TRY_ASSIGN(readings, source.read(meter.meter, invoice.customer, invoice.active, *invoice.snapshot));
    }
    return all;
}

Result<rating::RateInput> rate_input(const Invoice& invoice,
                                     const std::map<std::string, Readings>& measured) {
    rating::RateInput input;
    input.period = invoice.period;
    if (invoice.active.from > invoice.period.from)
        input.active_from = invoice.active.from;
    if (invoice.active.to < invoice.period.to)
        input.active_to = invoice.active.to;
    for (const auto& [code, readings] : measured)
        for (const usage::MeterReading& reading : readings)
            input.usage.push_back({code, reading.quantity, reading.group});
    return input;
}

const rating::Charge& charge_of(const rating::Plan& plan, const std::string& code) {
    const auto found = std::find_if(plan.charges.begin(), plan.charges.end(),
                                    [&](const rating::Charge& charge) { return charge.code == code; });
    TALLY_ASSERT(found != plan.charges.end(), "rating makes lines of the plan's own charges");
    return *found;
}

InvoiceLine make_line(const Invoice& invoice, const rating::Charge& charge, rating::RatedLine rated,
                      const std::map<std::string, Readings>& measured) {
    InvoiceLine line;
    line.charge = rated.charge;
    line.description = charge.name.empty() ? charge.code : charge.name;
    line.plan = invoice.plan;
    line.plan_version = invoice.plan_version;
    line.snapshot = invoice.snapshot;
    line.digest = std::string(kDigestDigits, '0');
    if (!charge.meter.empty()) {
        Evidence evidence = evidence_of(measured.at(charge.meter), rated.group);
        line.meter = charge.meter;
        line.meter_version = invoice.meter_versions.at(charge.meter);
        line.metered = evidence.quantity;
        line.rows = evidence.rows;
        line.skipped = evidence.skipped;
        line.digest = std::move(evidence.digest);
    }
    line.group = std::move(rated.group);
    line.quantity = rated.quantity;
    line.amount = rated.amount;
    line.prorated = std::move(rated.prorated);
    line.steps = std::move(rated.steps);
    return line;
}

Status check_sums(const PricedContent& content) {
    Decimal sum;
    for (const InvoiceLine& line : content.lines)
        sum += line.amount;
    TALLY_ASSERT(sum == content.totals.subtotal, "the lines add up to the subtotal");
    return {};
}

}  // namespace

Result<std::map<std::string, int>> newest_meter_versions(const rating::Plan& plan, Meters& meters) {
    std::map<std::string, int> versions;
    for (const rating::Charge& charge : plan.charges) {
        if (charge.meter.empty() || versions.contains(charge.meter))
            continue;
        TRY_ASSIGN(const StoredMeter meter, meters.find(charge.meter));
        versions.emplace(charge.meter, meter.meter.version);
    }
    return versions;
}

Result<PricedContent> price_invoice(const Invoice& invoice, const rating::Plan& plan, Meters& meters,
                                    MeterSource& source) {
    TRY(check_billable(plan));
    TRY_ASSIGN(const TimeZone zone, TimeZone::find(invoice.timezone));
    rating::Plan local = plan;
    local.schedule = schedule_for(plan.schedule, zone);
    TRY_ASSIGN(const auto measured, measure_all(invoice, meters, source));
    TRY_ASSIGN(const rating::RateInput input, rate_input(invoice, measured));
    TRY_ASSIGN(rating::RatedInvoice rated, rating::rate(local, input));
    PricedContent content;
    for (rating::RatedLine& line : rated.lines) {
        const rating::Charge& charge = charge_of(plan, line.charge);
        content.lines.push_back(make_line(invoice, charge, std::move(line), measured));
    }
    content.totals = {.subtotal = rated.subtotal,
                      .discounts = rated.discounts,
                      .minimum_adjustment = rated.minimum_adjustment,
                      .tax = rated.tax,
                      .credits = rated.credits,
                      .total = rated.total};
    TRY(check_sums(content));
    return content;
}

}  // namespace tally::billing
