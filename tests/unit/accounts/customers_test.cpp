#include "accounts/customers.hpp"

#include "accounts/customers_json.hpp"
#include "unit/accounts/account_parts.hpp"

#include <gtest/gtest.h>

namespace tally::accounts {
namespace {

TEST(Customers, AreFoundByIdExternalIdAndUniqueName) {
    test::AccountParts parts;
    const Customer acme =
        parts.customers.create({.name = "Acme", .external_id = "crm-1", .timezone = "Europe/Berlin"}).value();
    EXPECT_TRUE(acme.id.str().starts_with("cus_"));
    for (const std::string& reference : {acme.id.str(), std::string("crm-1"), std::string("Acme")})
        EXPECT_EQ(parts.customers.find(reference).value().id, acme.id);
    EXPECT_EQ(parts.customers.find("nobody").error().code, ErrorCode::kNotFound);

    ASSERT_TRUE(parts.customers.create({.name = "Acme"}).ok());
    const Result<Customer> shared = parts.customers.find("Acme");
    ASSERT_FALSE(shared.ok());
    EXPECT_EQ(shared.error().code, ErrorCode::kInvalidArgument);
}

TEST(Customers, AreCheckedBeforeTheyAreKept) {
    test::AccountParts parts;
    EXPECT_EQ(parts.customers.create({.name = ""}).error().pointer, "/name");
    EXPECT_EQ(parts.customers.create({.name = "a", .external_id = "\n"}).error().pointer, "/external_id");
    EXPECT_EQ(parts.customers.create({.name = "a", .timezone = "+02:00"}).error().pointer, "/timezone");
    ASSERT_TRUE(parts.customers.create({.name = "a", .external_id = "x"}).ok());
    const Result<Customer> taken = parts.customers.create({.name = "b", .external_id = "x"});
    EXPECT_EQ(taken.error().code, ErrorCode::kAlreadyExists);
    EXPECT_EQ(parts.customers.list({}).value().data.size(), 1U);
}

TEST(Customers, ChangeOnlyWhatIsNamed) {
    test::AccountParts parts;
    const Customer made =
        parts.customers.create({.name = "a", .external_id = "x", .timezone = "Asia/Tokyo"}).value();
    parts.clock.advance(std::chrono::hours(1));
    ASSERT_TRUE(
        parts.customers.update("x", {.name = "b", .external_id = std::nullopt, .timezone = std::nullopt})
            .ok());
    const Customer changed = parts.customers.find(made.id.str()).value();
    EXPECT_EQ(changed.name, "b");
    EXPECT_EQ(changed.external_id, "x");
    EXPECT_EQ(changed.timezone, "Asia/Tokyo");
    EXPECT_EQ(changed.created_at, made.created_at);
    EXPECT_EQ(changed.updated_at, made.created_at + std::chrono::hours(1));
    ASSERT_TRUE(
        parts.customers.update("x", customer_change_from_json(R"({"external_id":null})").value()).ok());
    EXPECT_EQ(parts.customers.find(made.id.str()).value().external_id, "");
    EXPECT_EQ(parts.customers.update("nobody", {}).error().code, ErrorCode::kNotFound);
}

TEST(Customers, ComeInPages) {
    test::AccountParts parts;
    for (int i = 0; i < 5; ++i)
        ASSERT_TRUE(parts.customers.create({.name = "c" + std::to_string(i)}).ok());
    std::string names;
    PageRequest page{.limit = 2, .cursor = ""};
    int pages = 0;
    do {
        const Page<Customer> got = parts.customers.list(page).value();
        for (const Customer& customer : got.data)
            names += customer.name;
        page.cursor = got.next_cursor;
        ++pages;
    } while (!page.cursor.empty());
    EXPECT_EQ(names, "c0c1c2c3c4");
    EXPECT_EQ(pages, 3);
    EXPECT_EQ(parts.customers.list({.limit = 2, .cursor = "cus_none"}).error().pointer, "/cursor");
    EXPECT_EQ(parts.customers.list({.limit = 0, .cursor = ""}).error().pointer, "/limit");
    EXPECT_EQ(parts.customers.list({.limit = 1001, .cursor = ""}).error().pointer, "/limit");
}

TEST(CustomersJson, HasTheNamesOfTheSurface) {
    const Customer customer{.id = CustomerId("cus_1"),
                            .external_id = "",
                            .name = "A \"B\"",
                            .timezone = "UTC",
                            .created_at = Instant(),
                            .updated_at = Instant()};
    EXPECT_EQ(customer_to_json(customer),
              R"({"id":"cus_1","external_id":null,"name":"A \"B\"","timezone":"UTC",)"
              R"("created_at":"1970-01-01T00:00:00Z","updated_at":"1970-01-01T00:00:00Z"})");
    EXPECT_EQ(customers_to_json({}), R"({"data":[],"next_cursor":null})");
    EXPECT_EQ(new_customer_from_json(R"({"name":"x"})").value().timezone, "UTC");
    EXPECT_EQ(new_customer_from_json(R"({"name":"x","id":"cus_2"})").error().pointer, "/id");
    EXPECT_EQ(new_customer_from_json("{}").error().pointer, "/name");
}

}  // namespace
}  // namespace tally::accounts
