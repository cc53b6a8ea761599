#include "billing/subscriptions.hpp"

#include <utility>

#include <fmt/format.h>

namespace tally::billing {

namespace {

Result<Instant> instant_at(std::string_view text, const TimeZone& zone, std::string_view pointer) {
    Result<Instant> at = parse_instant_or_date(text, zone);
    if (!at.ok())
        return Error{at.error().code, at.error().message, std::string(pointer)};
    return at;
}

}  // namespace

Result<Instant> parse_instant_or_date(std::string_view text, const TimeZone& zone) {
    constexpr std::size_t kDateSize = 10;
    if (text.size() != kDateSize)
        return parse_rfc3339(text);
    TRY_ASSIGN(const CivilDate date, parse_date(text));
    return zone.local_midnight(date);
}

Subscriptions::Subscriptions(SubscriptionStore& store, accounts::Customers& customers, Plans& plans,
                             const Clock& clock, RandomSource& random)
    : store_(store), customers_(customers), plans_(plans), clock_(clock), random_(random) {}

Result<Subscription> Subscriptions::create(const NewSubscription& wanted) {
    TRY_ASSIGN(const accounts::Customer customer, customers_.find(wanted.customer));
    TRY_ASSIGN(const TimeZone zone, TimeZone::find(customer.timezone));
    TRY_ASSIGN(const PlanVersion version, plans_.find(wanted.plan));
    if (version.status != PlanStatus::kPublished)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("{}@{} is {}; only a published version takes subscriptions", version.code,
                                 version.version, plan_status_name(version.status)),
                     "/plan"};
    TRY_ASSIGN(const rating::Plan plan, read_plan_version(version));
    TRY(check_billable(plan));
    Subscription subscription;
    subscription.id = SubscriptionId(make_id(random_, "sub_"));
    subscription.customer = customer.id;
    subscription.plan_code = version.code;
    subscription.plan_version = version.version;
    subscription.created_at = clock_.now();
    subscription.from = subscription.created_at;
    if (!wanted.from.empty()) {
        TRY_ASSIGN(subscription.from, instant_at(wanted.from, zone, "/from"));
    }
    if (!wanted.to.empty()) {
        TRY_ASSIGN(subscription.to, instant_at(wanted.to, zone, "/to"));
        if (*subscription.to <= subscription.from)
            return Error{ErrorCode::kInvalidArgument, "must be after \"from\"", "/to"};
    }
    TRY(store_.insert(subscription));
    return subscription;
}

Result<Subscription> Subscriptions::find(std::string_view id) {
    TRY_ASSIGN(std::optional<Subscription> found, store_.find(SubscriptionId(std::string(id))));
    if (!found)
        return Error{ErrorCode::kNotFound, fmt::format("there is no subscription \"{}\"", id)};
    return std::move(*found);
}

Result<Subscription> Subscriptions::cancel(std::string_view id, std::string_view at) {
    TRY_ASSIGN(Subscription subscription, find(id));
    if (subscription.status == SubscriptionStatus::kCanceled)
        return subscription;
    TRY_ASSIGN(const accounts::Customer customer, customers_.find(subscription.customer.str()));
    TRY_ASSIGN(const TimeZone zone, TimeZone::find(customer.timezone));
    const Instant now = clock_.now();
    Instant end = now;
    if (!at.empty()) {
        TRY_ASSIGN(end, instant_at(at, zone, "/at"));
    }
    if (subscription.to && end > *subscription.to)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("it ends at {} already", format_rfc3339(*subscription.to)), "/at"};
    subscription.status = SubscriptionStatus::kCanceled;
    subscription.canceled_at = now;
    subscription.to = std::max(end, subscription.from);
    TRY(store_.update(subscription));
    return subscription;
}

Result<accounts::Page<Subscription>> Subscriptions::list(std::string_view customer,
                                                         const accounts::PageRequest& page) {
    TRY(accounts::check_page(page));
    std::optional<CustomerId> of;
    if (!customer.empty()) {
        TRY_ASSIGN(const accounts::Customer found, customers_.find(customer));
        of = found.id;
    }
    return store_.list(of, page);
}

}  // namespace tally::billing
