#pragma once

#include "base/decimal.hpp"
#include "base/time_zone.hpp"
#include "rating/meter_rule.hpp"
#include "rating/periods.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// What things cost, as values. Shape in JSON and TOML: docs/formats/plan.md. Everything here is immutable
// once read and free of I/O; amounts are in the plan's currency, in its main unit (dollars, not cents).
namespace tally::rating {

struct Rounding {
    std::int32_t scale = 2;
    RoundingMode mode = RoundingMode::kHalfUp;
};

// A tier holds the quantities above the tier before it, up to and with `up_to`; nullopt = no end.
struct Tier {
    std::optional<Decimal> up_to;
    Decimal unit;                  // price of one unit, or of one begun block
    Decimal flat;                  // due once when the tier is reached
    Decimal rate;                  // graduated_percentage: the share of the value
    std::optional<Decimal> block;  // units in a block; nullopt = priced by the unit
};

// One type a price model; the pricing functions are in model_<name>.cpp.
struct FlatPrice {
    Decimal amount;
};

struct UnitPrice {
    Decimal unit;
};

struct GraduatedPrice {
    std::vector<Tier> tiers;
};

struct VolumePrice {
    std::vector<Tier> tiers;
};

struct StairstepPrice {
    std::vector<Tier> tiers;  // only up_to and flat
};

struct PackagePrice {
    Decimal size;
    Decimal amount;
};

struct PercentagePrice {
    Decimal rate;
    Decimal fixed;                           // for each paid transaction
    std::optional<Decimal> free_units;       // this many first transactions are free ...
    std::optional<Decimal> free_amount;      // ... or this much value; what ends first ends both
    std::optional<Decimal> transaction_min;  // bounds of value x rate
    std::optional<Decimal> transaction_max;
};

struct GraduatedPercentagePrice {
    std::vector<Tier> tiers;
};

struct DynamicPrice {
    Decimal multiplier = 1;
};

struct BulkPercentilePrice {
    Decimal unit;
};

struct CustomPrice {
    std::string expression;  // checked when the plan is read; grammar in expression.hpp
};

// What a dimensional price may hold for the usage that it matches.
using MatchedModel = std::variant<UnitPrice, GraduatedPrice, VolumePrice, StairstepPrice, PackagePrice>;

struct MatchedPrice {
    std::map<std::string, std::vector<std::string>>
        match;  // every dimension has one of its values; empty = all
    MatchedModel model;
};

struct DimensionalPrice {
    std::vector<std::string> dimensions;
    std::vector<MatchedPrice> prices;  // the first that matches
};

using Price = std::variant<FlatPrice, UnitPrice, GraduatedPrice, VolumePrice, StairstepPrice, PackagePrice,
                           PercentagePrice, GraduatedPercentagePrice, DimensionalPrice, DynamicPrice,
                           BulkPercentilePrice, CustomPrice>;

// The model's name in plans, e.g. "graduated".
std::string_view model_name(const Price& price);

// Metered units to billed units: divided, then rounded when a rounding is given.
struct Conversion {
    Decimal divide = 1;
    std::optional<Rounding> rounding;
};

enum class PayTime { kArrears, kAdvance };
enum class Proration { kNone, kSecond, kDay };

struct Charge {
    std::string code;   // unique in the plan
    std::string name;   // for people; empty = the code
    std::string meter;  // empty iff the model needs none (flat, custom)
    Price price;
    std::optional<Conversion> convert;
    Decimal included;                      // units taken off before the model
    std::optional<Decimal> min;            // raises the charge
    std::optional<Decimal> max;            // caps the charge
    std::optional<Decimal> discount_rate;  // a coupon that always applies to it
    std::optional<Rounding> rounding;      // nullopt = half_up to the currency's digits
    PayTime pay = PayTime::kArrears;
    Proration prorate = Proration::kNone;
    std::vector<std::string> group_by;  // one line a group
};

struct Tax {
    Decimal rate;
    bool inclusive = false;  // the prices hold the tax already
};

struct Plan {
    std::string code;
    std::string name;
    std::string currency;              // ISO 4217
    std::int32_t currency_digits = 2;  // of its minor unit
    Schedule schedule;                 // interval, count, anchor, timezone
    std::vector<Charge> charges;       // in the order of the invoice's lines
    std::vector<MeterRule> meters;     // how events become quantities; empty where usage comes aggregated
    std::optional<Decimal> minimum;
    std::optional<Tax> tax;
};

}  // namespace tally::rating
