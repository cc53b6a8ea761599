#pragma once

#include "base/clock.hpp"
#include "base/decimal.hpp"
#include "base/result.hpp"
#include "rating/plan.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// Quantities x prices -> exact lines. Pure: the same input gives the same output to the last digit, on any
// machine, with any number of threads. Rules and their order: docs/formats/plan.md.
namespace tally::rating {

using Dimensions = std::map<std::string, std::string>;

// Metered units of one meter, already aggregated; several of one meter are added up.
struct UsageQuantity {
    std::string meter;
    Decimal quantity;
    Dimensions dimensions;
};

// One raw value, for models and meters that need each one.
struct UsageEvent {
    std::string meter;
    Instant time;
    std::string value;  // a decimal, except for meters that count or tell values apart
    std::string id;     // empty = none; the same event twice counts once
    Dimensions dimensions;
};

// Money already paid. Used by priority (lowest number first), then expiry (none last), then code.
struct Credit {
    std::string code;
    Decimal amount;
    std::int64_t priority = 0;
    std::optional<Instant> expires;  // exclusive: used only when it is after the period's end
};

// Takes off a share or an amount, exactly one of the two.
struct Coupon {
    std::string code;
    std::optional<Decimal> rate;
    std::optional<Decimal> amount;
    std::vector<std::string> charges;  // empty = all
};

struct RateInput {
    Period period;
    std::optional<Instant> active_from;  // nullopt = from before the period
    std::optional<Instant> active_to;    // nullopt = to after it
    std::vector<UsageQuantity> usage;
    std::vector<UsageEvent> events;
    std::vector<MeterRule> meters;  // besides the plan's own
    std::vector<Credit> credits;
    std::vector<Coupon> coupons;
};

// How a line's amount came about, before rounding: one part of the price each.
struct Step {
    std::int32_t tier = 0;   // from 1; 0 = the model has no tiers
    std::int32_t price = 0;  // dimensional: which of the prices, from 1; 0 = the model is not dimensional
    Decimal quantity;
    std::optional<Decimal> unit;  // price of a unit, block, package or, for shares, the rate
    Decimal flat;
    Decimal amount;  // exact; where no decimal is (a third), to 12 digits
};

struct RatedLine {
    std::string charge;
    std::optional<Dimensions> group;  // set iff the charge has group_by
    Decimal quantity;                 // the priced one: after convert and included
    Decimal amount;                   // rounded by the charge's rule
    std::string prorated;             // "22/31": days or seconds active of the period's; empty = not prorated
    std::vector<Step> steps;
};

// What was taken of one credit, and what stays on it.
struct CreditUse {
    std::string code;
    Decimal used;
    Decimal left;
};

// subtotal - discounts + minimum_adjustment (+ tax unless inclusive) - credits = total, to the last digit;
// subtotal is the sum of the lines.
struct RatedInvoice {
    std::vector<RatedLine> lines;
    Decimal subtotal;
    Decimal discounts;
    Decimal minimum_adjustment;
    Decimal tax;
    Decimal credits;
    Decimal total;
    std::vector<CreditUse> credit_uses;  // in the order of use, those not alive left out
};

// Errors are kInvalidArgument with a JSON pointer into {"plan", "period", "usage", "events", ...}: a quantity
// past the last tier, usage that no price matches, an empty period, a value that is not a number.
Result<RatedInvoice> rate(const Plan& plan, const RateInput& input);

}  // namespace tally::rating
