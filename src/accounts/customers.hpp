#pragma once

#include "accounts/page.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::accounts {

// Who is billed.
struct Customer {
    CustomerId id;            // cus_…
    std::string external_id;  // the caller's own name for it, unique; empty = none
    std::string name;         // for people; need not be unique
    std::string timezone;     // IANA name: the customer's days, months and billing periods are in it
    Instant created_at;
    Instant updated_at;
};

struct NewCustomer {
    std::string name;
    std::string external_id = {};  // empty = none
    std::string timezone = "UTC";
};

// nullopt = leave as it is; an empty external_id takes it away.
struct CustomerChange {
    std::optional<std::string> name = {};
    std::optional<std::string> external_id = {};
    std::optional<std::string> timezone = {};
};

// Keeps customers. A port: state/ implements it. Thread-safe; a write is durable when it returns success.
class CustomerStore {
  public:
    virtual ~CustomerStore() = default;
    // kAlreadyExists when the external id is taken.
    [[nodiscard]] virtual Status insert(const Customer& customer) = 0;
    // kNotFound, or kAlreadyExists when the new external id is taken.
    [[nodiscard]] virtual Status update(const Customer& customer) = 0;
    [[nodiscard]] virtual Result<std::optional<Customer>> find(const CustomerId& id) = 0;
    [[nodiscard]] virtual Result<std::optional<Customer>> find_by_external_id(
        std::string_view external_id) = 0;
    // At most two: enough to tell whether the name is unique.
    [[nodiscard]] virtual Result<std::vector<Customer>> find_by_name(std::string_view name) = 0;
    // kInvalidArgument for a cursor that is not one of ours.
    [[nodiscard]] virtual Result<Page<Customer>> list(const PageRequest& page) = 0;
};

// The rules of customers. Thread-safe as its store is; `store`, `clock` and `random` must outlive it.
class Customers {
  public:
    Customers(CustomerStore& store, const Clock& clock, RandomSource& random)
        : store_(store), clock_(clock), random_(random) {}

    // kInvalidArgument (with a pointer to the field) for an empty or over-long name or an unknown zone;
    // kAlreadyExists for an external id that is taken.
    Result<Customer> create(const NewCustomer& wanted);
    // By id, external id or unique name, in this order. kNotFound; kInvalidArgument when a name is shared by
    // several customers.
    Result<Customer> find(std::string_view reference);
    // A changed time zone counts for subscriptions that have no invoice yet; the others stay in the zone of
    // theirs, so that no hour is billed twice or never.
    Result<Customer> update(std::string_view reference, const CustomerChange& change);
    Result<Page<Customer>> list(const PageRequest& page);

  private:
    CustomerStore& store_;
    const Clock& clock_;
    RandomSource& random_;
};

}  // namespace tally::accounts
