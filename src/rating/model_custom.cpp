#include "rating/expression.hpp"
#include "rating/models.hpp"

// custom: an expression over the quantities of meters, by their codes; `quantity` is the charge's own.
namespace tally::rating {

Result<CustomPrice> read_custom(Fields& fields) {
    TRY_ASSIGN(std::string text, fields.text("expression"));
    const auto expression = Expression::parse(text);
    if (!expression)
        return fields.error_at("expression", expression.error().message);
    return CustomPrice{std::move(text)};
}

Result<Priced> price_model(const CustomPrice& price, const Portion& portion) {
    std::map<std::string, Ratio> names = portion.quantities;
    names.insert_or_assign("quantity", portion.quantity);
    TRY_ASSIGN(const Expression expression, Expression::parse(price.expression));
    auto amount = expression.evaluate(names);
    if (!amount)
        return Error{amount.error().code, amount.error().message, "/expression"};
    Step step;
    step.quantity = portion.quantity.shown();
    step.amount = amount->shown();
    return Priced{.usage = *amount, .flat = {}, .steps = {std::move(step)}};
}

}  // namespace tally::rating
