#include "rating/models.hpp"

#include <algorithm>

#include <fmt/format.h>

// dimensional: the first price whose match holds prices the usage, by a simple model of its own.
namespace tally::rating {
namespace {

template <class Model>
Result<MatchedModel> as_matched(Result<Model> model) {
    if (!model)
        return std::move(model).error();
    return MatchedModel(*std::move(model));
}

Result<MatchedModel> read_matched_model(Fields& fields) {
    TRY_ASSIGN(const std::string model, fields.text_or("model", fields.has("tiers")  ? "graduated"
                                                                : fields.has("size") ? "package"
                                                                                     : "unit"));
    if (model == "unit")
        return as_matched(read_unit(fields));
    if (model == "graduated")
        return as_matched(read_graduated(fields));
    if (model == "volume")
        return as_matched(read_volume(fields));
    if (model == "stairstep")
        return as_matched(read_stairstep(fields));
    if (model == "package")
        return as_matched(read_package(fields));
    return fields.error_at(
        "model", fmt::format("'{}' cannot stand in a dimensional price; use unit, graduated, volume, "
                             "stairstep or package",
                             model));
}

Result<MatchedPrice> read_matched_price(const Document& document, const std::string& pointer,
                                        const std::vector<std::string>& dimensions) {
    TRY_ASSIGN(Fields fields, Fields::open(document, pointer));
    TRY_ASSIGN(const Document* match, fields.require("match"));
    TRY_ASSIGN(Fields match_fields, Fields::open(*match, fields.pointer_to("match")));
    MatchedPrice price;
    for (const std::string& dimension : dimensions) {
        TRY_ASSIGN(auto values, match_fields.texts(dimension));
        if (!values.empty())
            price.match.emplace(dimension, std::move(values));
    }
    TRY(match_fields.finish());
    TRY_ASSIGN(price.model, read_matched_model(fields));
    TRY(fields.finish());
    return price;
}

bool matches(const MatchedPrice& price, const Dimensions& dimensions) {
    return std::all_of(price.match.begin(), price.match.end(), [&](const auto& wanted) {
        const auto found = dimensions.find(wanted.first);
        const auto& values = wanted.second;
        return found != dimensions.end() &&
               std::find(values.begin(), values.end(), found->second) != values.end();
    });
}

std::string describe(const DimensionalPrice& price, const Dimensions& dimensions) {
    std::vector<std::string> parts;
    for (const std::string& dimension : price.dimensions) {
        const auto found = dimensions.find(dimension);
        parts.push_back(
            fmt::format("{}={}", dimension, found == dimensions.end() ? "(none)" : found->second));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

Result<DimensionalPrice> read_dimensional(Fields& fields) {
    DimensionalPrice price;
    TRY(fields.require("dimensions"));
    TRY_ASSIGN(price.dimensions, fields.texts("dimensions"));
    TRY(fields.require("prices"));
    TRY_ASSIGN(const auto* documents, fields.list("prices"));
    if (documents->empty())
        return fields.error_at("prices", "at least one price is needed");
    for (std::size_t i = 0; i < documents->size(); ++i) {
        const std::string pointer = pointer_into(fields.pointer_to("prices"), i);
        TRY_ASSIGN(MatchedPrice matched, read_matched_price((*documents)[i], pointer, price.dimensions));
        price.prices.push_back(std::move(matched));
    }
    return price;
}

Result<std::size_t> match_price(const DimensionalPrice& price, const Dimensions& dimensions) {
    const auto found =
        std::find_if(price.prices.begin(), price.prices.end(),
                     [&](const MatchedPrice& candidate) { return matches(candidate, dimensions); });
    if (found != price.prices.end())
        return static_cast<std::size_t>(found - price.prices.begin());
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("no price matches {}; add a price with \"match\": {{}} for all the rest",
                             describe(price, dimensions)),
                 "/prices"};
}

}  // namespace tally::rating
