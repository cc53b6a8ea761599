#include "billing/request_budget.hpp"

#include <optional>
#include <utility>

namespace tally::billing {

namespace {

// Which tier of which price each line ends in. Between two quantities with the same tiers the cost moves in
// one direction.
using Tiers = std::vector<std::pair<std::int32_t, std::int32_t>>;

struct Cost {
    std::uint64_t requests = 0;
    bool affordable = false;
    std::optional<Tiers> tiers;  // nullopt = the plan has no price for the quantity
    Decimal amount;              // valid iff tiers
};

rating::RateInput with_requests(const RunningPeriod& period, std::uint64_t requests) {
    rating::RateInput input = period.input;
    const Decimal times = Decimal::from_coefficient(requests, 0);
    for (const rating::UsageQuantity& one : period.per_request)
        input.usage.push_back({one.meter, one.quantity * times, one.dimensions});
    return input;
}

class Search {
  public:
    Search(const std::vector<RunningPeriod>& periods, const Decimal& budget)
        : periods_(periods), budget_(budget) {}

    [[nodiscard]] Cost at(std::uint64_t requests) const {
        Cost cost{.requests = requests, .affordable = false, .tiers = Tiers(), .amount = {}};
        for (const RunningPeriod& period : periods_) {
            const auto rated = rating::rate(period.plan, with_requests(period, requests));
            if (!rated.ok())
                return Cost{.requests = requests, .affordable = false, .tiers = {}, .amount = {}};
            for (const rating::RatedLine& line : rated->lines)
                for (const rating::Step& step : line.steps)
                    cost.tiers->emplace_back(step.price, step.tier);
            cost.amount += rated->total;
        }
        cost.affordable = cost.amount <= budget_;
        return cost;
    }

    // The fewest requests above `low` and up to `high` that cannot be paid; `low` can.
    [[nodiscard]] std::optional<std::uint64_t> first_unaffordable(const Cost& low, const Cost& high) const {
        const bool same_tiers = low.tiers == high.tiers;
        if (same_tiers && high.affordable)
            return std::nullopt;
        if (high.requests - low.requests == 1)
            return high.affordable ? std::nullopt : std::optional(high.requests);
        const Cost middle = at(low.requests + (high.requests - low.requests) / 2);
        if (!middle.affordable || !same_tiers)
            if (const auto found = first_unaffordable(low, middle))
                return found;
        return middle.affordable ? first_unaffordable(middle, high) : std::nullopt;
    }

  private:
    const std::vector<RunningPeriod>& periods_;
    const Decimal& budget_;
};

}  // namespace

Result<Decimal> cost_after(const std::vector<RunningPeriod>& periods, std::uint64_t requests) {
    Decimal cost;
    for (const RunningPeriod& period : periods) {
        TRY_ASSIGN(const rating::RatedInvoice rated,
                   rating::rate(period.plan, with_requests(period, requests)));
        cost += rated.total;
    }
    return cost;
}

Result<AffordableRequests> affordable_requests(const std::vector<RunningPeriod>& periods,
                                               const Decimal& budget, std::uint64_t requests_max) {
    AffordableRequests answer;
    TRY_ASSIGN(answer.cost, cost_after(periods, 0));
    const Search search(periods, budget);
    const Cost now = search.at(0);
    if (!now.affordable || requests_max == 0)
        return answer;
    const auto first = search.first_unaffordable(now, search.at(requests_max));
    answer.requests = first ? *first - 1 : requests_max;
    return answer;
}

}  // namespace tally::billing
