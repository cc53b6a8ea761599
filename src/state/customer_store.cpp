#include "state/embedded_sql.hpp"
#include "state/paging.hpp"
#include "state/stores.hpp"

#include <fmt/format.h>

namespace tally::state {

using accounts::Customer;

namespace {

Result<Customer> read_customer(const Row& row) {
    return Customer{.id = CustomerId(row.text(0)),
                    .external_id = row.text(1),
                    .name = row.text(2),
                    .timezone = row.text(3),
                    .created_at = row.instant(4),
                    .updated_at = row.instant(5)};
}

// Looked up under the write lock, so that the message can name who has it.
Status check_external_id_free(Connection& connection, const Customer& customer) {
    if (customer.external_id.empty())
        return {};
    TRY_ASSIGN(const std::vector<Row> found,
               connection.query(sql::kFindCustomerByExternalId, {customer.external_id}));
    if (found.empty() || found.front().text(0) == customer.id.str())
        return {};
    return Error{
        ErrorCode::kAlreadyExists,
        fmt::format("the external id \"{}\" belongs to {}", customer.external_id, found.front().text(0)),
        "/external_id"};
}

}  // namespace

Status CustomerStore::insert(const Customer& customer) {
    return database_.write([&](Connection& connection) -> Status {
        TRY(check_external_id_free(connection, customer));
        TRY(connection.execute(sql::kInsertCustomer,
                               {customer.id.str(), Value::text_or_null(customer.external_id), customer.name,
                                customer.timezone, customer.created_at, customer.updated_at}));
        return database_.audit(connection, "customer.create", customer.id.str(),
                               "timezone " + customer.timezone);
    });
}

Status CustomerStore::update(const Customer& customer) {
    return database_.write([&](Connection& connection) -> Status {
        TRY(check_external_id_free(connection, customer));
        TRY_ASSIGN(const std::int64_t rows,
                   connection.execute(sql::kUpdateCustomer,
                                      {Value::text_or_null(customer.external_id), customer.name,
                                       customer.timezone, customer.updated_at, customer.id.str()}));
        if (rows == 0)
            return Error{ErrorCode::kNotFound, fmt::format("there is no customer {}", customer.id.str())};
        return database_.audit(connection, "customer.update", customer.id.str(),
                               "timezone " + customer.timezone);
    });
}

Result<std::optional<Customer>> CustomerStore::find(const CustomerId& id) {
    return database_.read([&](Connection& connection) -> Result<std::optional<Customer>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindCustomer, {id.str()}));
        return first_of<Customer>(rows, read_customer);
    });
}

Result<std::optional<Customer>> CustomerStore::find_by_external_id(std::string_view external_id) {
    return database_.read([&](Connection& connection) -> Result<std::optional<Customer>> {
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kFindCustomerByExternalId, {external_id}));
        return first_of<Customer>(rows, read_customer);
    });
}

Result<std::vector<Customer>> CustomerStore::find_by_name(std::string_view name) {
    return database_.read([&](Connection& connection) -> Result<std::vector<Customer>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindCustomersByName, {name}));
        return all_of<Customer>(rows, read_customer);
    });
}

Result<accounts::Page<Customer>> CustomerStore::list(const accounts::PageRequest& page) {
    return database_.read([&](Connection& connection) -> Result<accounts::Page<Customer>> {
        TRY_ASSIGN(const std::int64_t after, position_of(connection, sql::kCustomerPosition, page.cursor));
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kListCustomers, {after, one_more(page.limit)}));
        return page_of<Customer>(rows, page.limit, read_customer,
                                 [](const Customer& c) { return c.id.str(); });
    });
}

}  // namespace tally::state
