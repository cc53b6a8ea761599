#include "accounts/customers.hpp"

#include "accounts/names.hpp"
#include "base/time_zone.hpp"

#include <fmt/format.h>

namespace tally::accounts {

namespace {

Status check_zone(std::string_view name) {
    if (const Result<TimeZone> zone = TimeZone::find(name); !zone.ok())
        return Error{zone.error().code, zone.error().message, "/timezone"};
    return {};
}

Status check_external_id(std::string_view external_id) {
    return external_id.empty() ? Status() : check_name(external_id, "/external_id");
}

}  // namespace

Result<Customer> Customers::create(const NewCustomer& wanted) {
    TRY(check_name(wanted.name, "/name"));
    TRY(check_external_id(wanted.external_id));
    TRY(check_zone(wanted.timezone));
    const Instant now = clock_.now();
    Customer customer{.id = CustomerId(make_id(random_, "cus_")),
                      .external_id = wanted.external_id,
                      .name = wanted.name,
                      .timezone = wanted.timezone,
                      .created_at = now,
                      .updated_at = now};
    TRY(store_.insert(customer));
    return customer;
}

Result<Customer> Customers::find(std::string_view reference) {
    TRY_ASSIGN(std::optional<Customer> by_id, store_.find(CustomerId(std::string(reference))));
    if (by_id)
        return std::move(*by_id);
    TRY_ASSIGN(std::optional<Customer> by_external_id, store_.find_by_external_id(reference));
    if (by_external_id)
        return std::move(*by_external_id);
    TRY_ASSIGN(std::vector<Customer> by_name, store_.find_by_name(reference));
    if (by_name.size() > 1)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("several customers are named \"{}\" (e.g. {} and {}); use an id", reference,
                                 by_name[0].id.str(), by_name[1].id.str())};
    if (by_name.empty())
        return Error{ErrorCode::kNotFound,
                     fmt::format("no customer has the id, external id or name \"{}\"", reference)};
    return std::move(by_name.front());
}

Result<Customer> Customers::update(std::string_view reference, const CustomerChange& change) {
    TRY_ASSIGN(Customer customer, find(reference));
    customer.name = change.name.value_or(customer.name);
    customer.external_id = change.external_id.value_or(customer.external_id);
    customer.timezone = change.timezone.value_or(customer.timezone);
    customer.updated_at = clock_.now();
    TRY(check_name(customer.name, "/name"));
    TRY(check_external_id(customer.external_id));
    TRY(check_zone(customer.timezone));
    TRY(store_.update(customer));
    return customer;
}

Result<Page<Customer>> Customers::list(const PageRequest& page) {
    TRY(check_page(page));
    return store_.list(page);
}

}  // namespace tally::accounts
