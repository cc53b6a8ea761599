#pragma once

#include "base/result.hpp"
#include "rating/fields.hpp"
#include "rating/plan.hpp"
#include "rating/rate.hpp"
#include "rating/ratio.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

// The price models: each reads its own part of a plan and prices a portion of usage. One file a model; a new
// one is a type in plan.hpp, a file model_<name>.cpp, and its lines here and in models.cpp.
namespace tally::rating {

// What one price is applied to: billed units, after convert and included.
struct Portion {
    Ratio quantity;
    std::vector<Ratio> transactions;          // the values one by one, in order of time
    std::map<std::string, Ratio> quantities;  // custom: of every meter, as metered
};

// A price before proration and rounding. Flat amounts stand apart, because they alone are prorated.
struct Priced {
    Ratio usage;
    Ratio flat;
    std::vector<Step> steps;
};

// Errors point into the charge: "/tiers", "/expression".
Result<Priced> price_model(const FlatPrice& price, const Portion& portion);
Result<Priced> price_model(const UnitPrice& price, const Portion& portion);
Result<Priced> price_model(const GraduatedPrice& price, const Portion& portion);
Result<Priced> price_model(const VolumePrice& price, const Portion& portion);
Result<Priced> price_model(const StairstepPrice& price, const Portion& portion);
Result<Priced> price_model(const PackagePrice& price, const Portion& portion);
Result<Priced> price_model(const PercentagePrice& price, const Portion& portion);
Result<Priced> price_model(const GraduatedPercentagePrice& price, const Portion& portion);
Result<Priced> price_model(const DynamicPrice& price, const Portion& portion);
Result<Priced> price_model(const BulkPercentilePrice& price, const Portion& portion);
Result<Priced> price_model(const CustomPrice& price, const Portion& portion);

Result<FlatPrice> read_flat(Fields& fields);
Result<UnitPrice> read_unit(Fields& fields);
Result<GraduatedPrice> read_graduated(Fields& fields);
Result<VolumePrice> read_volume(Fields& fields);
Result<StairstepPrice> read_stairstep(Fields& fields);
Result<PackagePrice> read_package(Fields& fields);
Result<PercentagePrice> read_percentage(Fields& fields);
Result<GraduatedPercentagePrice> read_graduated_percentage(Fields& fields);
Result<DimensionalPrice> read_dimensional(Fields& fields);
Result<DynamicPrice> read_dynamic(Fields& fields);
Result<BulkPercentilePrice> read_bulk_percentile(Fields& fields);
Result<CustomPrice> read_custom(Fields& fields);

// Reads "model" and the fields of that model.
Result<Price> read_price(Fields& fields);

// The number of the first price that matches; an error when none does.
Result<std::size_t> match_price(const DimensionalPrice& price, const Dimensions& dimensions);

}  // namespace tally::rating
