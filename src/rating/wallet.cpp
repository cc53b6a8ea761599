#include "rating/wallet.hpp"

#include "rating/fields.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace tally::rating {
namespace {

using Instants = std::set<Instant>;

bool is_burned_before(const Grant* a, const Grant* b) {
    const auto key = [](const Grant& grant) {
        return std::tuple(grant.priority, grant.expires_at.value_or(Instant::max()), grant.effective_at,
                          std::string_view(grant.id));
    };
    return key(*a) < key(*b);
}

bool is_expired(const Grant& grant, Instant at) {
    return grant.expires_at && *grant.expires_at <= at;
}

bool is_alive(const Grant& grant, Instant at) {
    return grant.effective_at <= at && !is_expired(grant, at);
}

// When a grant refills, within (from, to] and its own life; the begin of its life is no refill.
Result<Instants> refills_of(const Grant& grant, Instant from, Instant to) {
    Instants refills;
    if (!grant.recurrence)
        return refills;
    TRY_ASSIGN(const auto periods, periods_between(*grant.recurrence, from, to + Microseconds{1}));
    for (const Period& period : periods) {
        const Instant at = period.from;
        if (at > from && at <= to && at > grant.effective_at && !is_expired(grant, at))
            refills.insert(at);
    }
    return refills;
}

// The wallet as it stands at one instant, and what can happen to it.
class Wallet {
  public:
    explicit Wallet(const WalletInput& input) : input_(input) {
        for (const Grant& grant : input.grants)
            order_.push_back(&grant);
        std::sort(order_.begin(), order_.end(), is_burned_before);
        result_.overage = input.overage;
    }

    // The state at `from`: the given balances; grants without one have their amount.
    void begin() {
        for (const Grant& grant : input_.grants) {
            const auto given = input_.balances.find(grant.id);
            const bool alive = is_alive(grant, input_.from);
            result_.balances[grant.id] = !alive                           ? Decimal(0)
                                         : given != input_.balances.end() ? given->second
                                                                          : grant.amount;
        }
        burn(result_.overage, input_.from);
    }

    void expire(Instant at) {
        for (const Grant& grant : input_.grants)
            if (is_expired(grant, at))
                result_.balances[grant.id] = 0;
    }

    void reset(Instant at) {
        for (const Grant& grant : input_.grants) {
            if (!is_alive(grant, at) || grant.effective_at == at)
                continue;
            Decimal& balance = result_.balances[grant.id];
            balance = std::min(grant.rollover_max, std::max(grant.rollover_min, balance));
        }
        if (!input_.preserve_overage)
            result_.overage = 0;
    }

    void start_grants(Instant at) {
        for (const Grant& grant : input_.grants)
            if (grant.effective_at == at && !is_expired(grant, at))
                result_.balances[grant.id] = grant.amount;
    }

    void refill(const Grant& grant) { result_.balances[grant.id] = grant.amount; }

    void pay_old_overage(Instant at) { burn(result_.overage, at); }

    void use(Decimal amount, Instant at) {
        burn(amount, at);
        result_.overage += amount;
    }

    WalletResult take() { return std::move(result_); }

  private:
    // Takes `amount` off the living grants in their order; what they do not cover stays in it.
    void burn(Decimal& amount, Instant at) {
        for (const Grant* grant : order_) {
            if (amount.sign() <= 0)
                return;
            if (!is_alive(*grant, at))
                continue;
            Decimal& balance = result_.balances[grant->id];
            const Decimal burned = std::min(balance, amount);
            if (burned.sign() <= 0)
                continue;
            balance -= burned;
            amount -= burned;
            result_.burned.push_back({grant->id, burned, at});
        }
    }

    const WalletInput& input_;
    std::vector<const Grant*> order_;
    WalletResult result_;
};

// Everything that happens, by what and when.
struct Calendar {
    Instants all;
    Instants resets;
    std::vector<std::pair<const Grant*, Instants>> refills;
};

Result<Calendar> make_calendar(const WalletInput& input) {
    Calendar calendar;
    const auto add = [&](Instant at) {
        if (at > input.from && at <= input.to)
            calendar.all.insert(at);
    };
    for (std::size_t i = 0; i < input.grants.size(); ++i) {
        const Grant& grant = input.grants[i];
        add(grant.effective_at);
        if (grant.expires_at)
            add(*grant.expires_at);
        auto refills = refills_of(grant, input.from, input.to);
        if (!refills) {
            return Error{ErrorCode::kInvalidArgument, refills.error().message,
                         pointer_into(pointer_into("/grants", i), "recurrence")};
        }
        std::for_each(refills->begin(), refills->end(), add);
        calendar.refills.emplace_back(&grant, *std::move(refills));
    }
    for (const Instant at : input.resets) {
        add(at);
        if (at > input.from && at <= input.to)
            calendar.resets.insert(at);
    }
    for (const WalletUsage& usage : input.usage)
        if (usage.at >= input.from && usage.at < input.to)
            calendar.all.insert(usage.at);
    return calendar;
}

Status check(const WalletInput& input) {
    if (input.to <= input.from)
        return Error{ErrorCode::kInvalidArgument, "'to' is not after 'from'", "/to"};
    std::set<std::string_view> ids;
    for (std::size_t i = 0; i < input.grants.size(); ++i) {
        if (!ids.insert(input.grants[i].id).second) {
            return Error{ErrorCode::kInvalidArgument,
                         fmt::format("two grants have the id '{}'", input.grants[i].id),
                         pointer_into(pointer_into("/grants", i), "id")};
        }
    }
    for (const auto& [id, balance] : input.balances) {
        if (ids.contains(id))
            continue;
        return Error{ErrorCode::kInvalidArgument, fmt::format("there is no grant '{}'", id),
                     pointer_into("/balances", id)};
    }
    return {};
}

}  // namespace

Result<WalletResult> run_wallet(const WalletInput& input) {
    TRY(check(input));
    TRY_ASSIGN(const Calendar calendar, make_calendar(input));
    std::vector<WalletUsage> usage = input.usage;
    std::stable_sort(usage.begin(), usage.end(),
                     [](const WalletUsage& a, const WalletUsage& b) { return a.at < b.at; });
    auto next =
        std::find_if(usage.begin(), usage.end(), [&](const WalletUsage& u) { return u.at >= input.from; });

    Wallet wallet(input);
    wallet.begin();
    for (const Instant at : calendar.all) {
        if (at > input.from) {
            wallet.expire(at);
            if (calendar.resets.contains(at))
                wallet.reset(at);
            wallet.start_grants(at);
            for (const auto& [grant, refills] : calendar.refills)
                if (refills.contains(at))
                    wallet.refill(*grant);
            wallet.pay_old_overage(at);
        }
        for (; next != usage.end() && next->at == at && at < input.to; ++next)
            wallet.use(next->amount, at);
    }
    return wallet.take();
}

}  // namespace tally::rating
