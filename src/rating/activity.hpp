#pragma once

#include "base/result.hpp"
#include "rating/plan.hpp"
#include "rating/rate.hpp"
#include "rating/ratio.hpp"

#include <string>

namespace tally::rating {

// How much of the period the subscription was active, as each rule of proration weighs it.
class Activity {
  public:
    // An error for an empty period and for an active range that ends before it begins.
    static Result<Activity> of(const RateInput& input, const TimeZone& zone);

    [[nodiscard]] bool any() const { return active_seconds_.sign() > 0; }

    // The share of a flat amount that is due: 0 when nothing was active, whatever the rule.
    [[nodiscard]] Ratio weight(Proration rule) const;
    // "22/31"; empty for Proration::kNone.
    [[nodiscard]] std::string text(Proration rule) const;

  private:
    Decimal active_seconds_;
    Decimal period_seconds_;
    Decimal active_days_;  // local days of which any part is active
    Decimal period_days_;
};

}  // namespace tally::rating
