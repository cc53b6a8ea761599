#include "rating/models.hpp"

#include "base/nearest_name.hpp"

#include <array>

#include <fmt/format.h>

namespace tally::rating {
namespace {

template <class Model, Result<Model> (*kRead)(Fields&)>
Result<Price> read_as(Fields& fields) {
    auto model = kRead(fields);
    if (!model)
        return std::move(model).error();
    return Price(std::in_place_type<Model>, *std::move(model));
}

struct ModelEntry {
    std::string_view name;
    Result<Price> (*read)(Fields&);
};

// In the order of the alternatives of Price.
constexpr std::array<ModelEntry, std::variant_size_v<Price>> kModels{{
    {"flat", read_as<FlatPrice, read_flat>},
    {"unit", read_as<UnitPrice, read_unit>},
    {"graduated", read_as<GraduatedPrice, read_graduated>},
    {"volume", read_as<VolumePrice, read_volume>},
    {"stairstep", read_as<StairstepPrice, read_stairstep>},
    {"package", read_as<PackagePrice, read_package>},
    {"percentage", read_as<PercentagePrice, read_percentage>},
    {"graduated_percentage", read_as<GraduatedPercentagePrice, read_graduated_percentage>},
    {"dimensional", read_as<DimensionalPrice, read_dimensional>},
    {"dynamic", read_as<DynamicPrice, read_dynamic>},
    {"bulk_percentile", read_as<BulkPercentilePrice, read_bulk_percentile>},
    {"custom", read_as<CustomPrice, read_custom>},
}};

static_assert(!kModels.back().name.empty(), "every model has its entry");

}  // namespace

std::string_view model_name(const Price& price) {
    return kModels[price.index()].name;
}

Result<Price> read_price(Fields& fields) {
    TRY_ASSIGN(const std::string name, fields.text("model"));
    std::vector<std::string> names;
    for (const ModelEntry& entry : kModels) {
        if (entry.name == name)
            return entry.read(fields);
        names.emplace_back(entry.name);
    }
    const std::string nearest(nearest_name(name, names));
    return fields.error_at(
        "model", nearest.empty()
                     ? fmt::format("'{}' is not a price model; known are {}", name, fmt::join(names, ", "))
                     : fmt::format("'{}' is not a price model; did you mean '{}'?", name, nearest));
}

}  // namespace tally::rating
