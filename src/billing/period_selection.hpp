#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/time_zone.hpp"
#include "billing/subscriptions.hpp"
#include "rating/periods.hpp"

#include <optional>
#include <string_view>
#include <vector>

// Which periods of a subscription an invoice run is about. Pure.
namespace tally::billing {

// [first local midnight, first local midnight of the next month) of "2026-10". kInvalidArgument with the
// pointer "/month".
Result<rating::Period> month_in(std::string_view month, const TimeZone& zone);

// The plan's own series, in the customer's zone: an account's days are its own, whatever zone a plan was
// written in.
rating::Schedule schedule_for(const rating::Schedule& plan, const TimeZone& zone);

// The part of the period in which the subscription runs; nullopt when it does not.
std::optional<rating::Period> active_part(const Subscription& subscription, const rating::Period& period);

// Periods with an active part that end in (window.from, window.to].
Result<std::vector<rating::Period>> periods_ending_in(const rating::Schedule& schedule,
                                                      const Subscription& subscription,
                                                      const rating::Period& window);

// Periods with an active part that have an instant in the window.
Result<std::vector<rating::Period>> periods_touching(const rating::Schedule& schedule,
                                                     const Subscription& subscription,
                                                     const rating::Period& window);

// Periods with an active part that have ended at `as_of`.
Result<std::vector<rating::Period>> periods_ended_by(const rating::Schedule& schedule,
                                                     const Subscription& subscription, Instant as_of);

}  // namespace tally::billing
