#include "accounts/keys.hpp"

#include "accounts/key_format.hpp"
#include "unit/accounts/account_parts.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <gtest/gtest.h>

namespace tally::accounts {
namespace {

class KeysTest : public ::testing::Test {
  protected:
    KeysTest() { customer = parts.customers.create({.name = "Acme"}).value(); }

    CreatedKey create(const std::string& name = "main") {
        return parts.keys
            .create({.customer = "Acme", .name = name, .usage_plan = "", .expires_at = std::nullopt})
            .value();
    }

    test::AccountParts parts;
    Customer customer;
};

TEST_F(KeysTest, AreKnownByTheirValueAndPublished) {
    ASSERT_TRUE(parts.usage_plans.create({.name = "gold", .description = ""}).ok());
    const CreatedKey made =
        parts.keys
            .create({.customer = "Acme", .name = "main", .usage_plan = "gold", .expires_at = std::nullopt})
            .value();
    EXPECT_TRUE(is_well_formed_key(made.value.reveal()));
    EXPECT_EQ(made.key.customer, customer.id);
    EXPECT_EQ(made.key.last4, made.value.reveal().substr(made.value.reveal().size() - 4));
    const std::optional<ApiKey> known = parts.keys.identify(made.value.reveal()).value();
    ASSERT_TRUE(known.has_value());
    EXPECT_EQ(known->id, made.key.id);
    ASSERT_TRUE(parts.publisher.table.contains(made.key.id.str()));
    const PublishedKey& published = parts.publisher.table[made.key.id.str()];
    EXPECT_EQ(published.digest, parts.secret.digest(made.value.reveal()));
    EXPECT_EQ(published.customer, customer.id);
    EXPECT_EQ(published.usage_plan, "gold");
    EXPECT_FALSE(published.revoked);
}

TEST_F(KeysTest, UnknownAndMistypedValuesAreNobodys) {
    const CreatedKey made = create();
    std::string mistyped(made.value.reveal());
    mistyped.back() = mistyped.back() == 'a' ? 'b' : 'a';
    SeededRandom other(3);
    for (const std::string& value :
         {mistyped, std::string(make_key(other).reveal()), std::string("x"), std::string()})
        EXPECT_FALSE(parts.keys.identify(value).value().has_value());
}

// Everything that the data folder holds after keys were made, imported, rotated and revoked.
TEST_F(KeysTest, ValuesAreInNoFile) {
    const CreatedKey first = create();
    const CreatedKey second = parts.keys.rotate(first.key.id.str()).value();
    const std::string imported = "CanaryCanaryCanaryCanary7391";
    ASSERT_TRUE(parts.keys
                    .import_value({.customer = "Acme", .name = "old", .usage_plan = "", .expires_at = {}},
                                  Secret(imported))
                    .ok());
    ASSERT_TRUE(parts.keys.revoke(first.key.id.str()).ok());
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(parts.folder.path())) {
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        ++files;
        for (const std::string_view value :
             {first.value.reveal(), second.value.reveal(), std::string_view(imported)}) {
            EXPECT_EQ(bytes.find(value), std::string::npos) << entry.path();
            EXPECT_EQ(bytes.find(value.substr(0, value.size() - 4)), std::string::npos) << entry.path();
        }
    }
    EXPECT_GE(files, 2);  // the database and its log
}

TEST_F(KeysTest, ImportedValuesAreChecked) {
    const NewKey wanted{.customer = "Acme", .name = "old", .usage_plan = "", .expires_at = std::nullopt};
    SeededRandom random(4);
    std::string broken(make_key(random).reveal());
    broken.back() = broken.back() == 'a' ? 'b' : 'a';
    for (const std::string& value : {std::string("short"), std::string(257, 'a'), std::string("has a blank"),
                                     std::string("caf\xC3\xA9-caf\xC3\xA9"), broken}) {
        const Result<ApiKey> refused = parts.keys.import_value(wanted, Secret(value));
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().pointer, "/value");
        EXPECT_EQ(refused.error().message.find(value), std::string::npos);
    }
    const ApiKey taken = parts.keys.import_value(wanted, Secret("abcdefgh")).value();
    EXPECT_EQ(taken.last4, "") << "four of eight characters are too many to show";
    EXPECT_EQ(parts.keys.identify("abcdefgh").value()->id, taken.id);
    const Result<ApiKey> twice = parts.keys.import_value(wanted, Secret("abcdefgh"));
    EXPECT_EQ(twice.error().code, ErrorCode::kAlreadyExists);
}

TEST_F(KeysTest, RevokingIsPublishedAndStays) {
    const CreatedKey made = create();
    const ApiKey revoked = parts.keys.revoke("main").value();
    EXPECT_EQ(revoked.status, KeyStatus::kRevoked);
    EXPECT_TRUE(parts.publisher.table[made.key.id.str()].revoked);
    parts.clock.advance(std::chrono::hours(1));
    EXPECT_EQ(parts.keys.revoke("main").value().revoked_at, revoked.revoked_at);
    EXPECT_EQ(parts.keys.rotate("main").error().code, ErrorCode::kInvalidArgument);
}

TEST_F(KeysTest, RotationKeepsBothKeysForTheOverlap) {
    const CreatedKey old = create();
    const CreatedKey made = parts.keys.rotate(old.key.id.str(), std::chrono::hours(24)).value();
    EXPECT_NE(made.key.id, old.key.id);
    EXPECT_EQ(made.key.customer, old.key.customer);
    EXPECT_EQ(made.key.name, "main");
    EXPECT_EQ(parts.publisher.table[old.key.id.str()].expires_at, parts.clock.now() + std::chrono::hours(24));
    EXPECT_EQ(parts.keys.revoke_expired().value(), 0);
    parts.clock.advance(std::chrono::hours(24));
    EXPECT_EQ(parts.keys.revoke_expired().value(), 1);
    EXPECT_EQ(parts.keys.find(old.key.id.str()).value().status, KeyStatus::kRevoked);
    EXPECT_EQ(parts.keys.find(made.key.id.str()).value().status, KeyStatus::kActive);
    EXPECT_EQ(parts.keys.find("main").error().code, ErrorCode::kInvalidArgument) << "both have the name";
}

TEST_F(KeysTest, AFailedPublicationIsMendedByTheNextStart) {
    parts.publisher.failing = true;
    const Result<CreatedKey> made =
        parts.keys.create({.customer = "Acme", .name = "main", .usage_plan = "", .expires_at = std::nullopt});
    ASSERT_FALSE(made.ok());
    EXPECT_NE(made.error().message.find("is stored"), std::string::npos);
    parts.publisher.failing = false;
    EXPECT_TRUE(parts.publisher.table.empty());
    ASSERT_TRUE(parts.publication.tell_all().ok());
    EXPECT_EQ(parts.publisher.table.size(), 1U);
}

// A rotation that looked at the key before it was revoked must not bring it back.
TEST_F(KeysTest, RevocationAndRotationAtOnceEndRevoked) {
    for (int round = 0; round < 20; ++round) {
        const CreatedKey made = create("k" + std::to_string(round));
        std::thread rotation(
            [&] { static_cast<void>(parts.keys.rotate(made.key.id.str(), std::chrono::hours(1))); });
        const Result<ApiKey> revoked = parts.keys.revoke(made.key.id.str());
        rotation.join();
        EXPECT_TRUE(revoked.ok());
        EXPECT_EQ(parts.keys.find(made.key.id.str()).value().status, KeyStatus::kRevoked);
        EXPECT_TRUE(parts.publisher.table[made.key.id.str()].revoked);
    }
}

TEST_F(KeysTest, AreListedByCustomerAndNeverFoundByValue) {
    const CreatedKey made = create("a");
    ASSERT_TRUE(parts.customers.create({.name = "Beta"}).ok());
    ASSERT_TRUE(
        parts.keys.create({.customer = "Beta", .name = "b", .usage_plan = "", .expires_at = {}}).ok());
    EXPECT_EQ(parts.keys.list("Acme", {}).value().data.size(), 1U);
    EXPECT_EQ(parts.keys.list("", {}).value().data.size(), 2U);
    const Result<ApiKey> by_value = parts.keys.find(made.value.reveal());
    ASSERT_FALSE(by_value.ok());
    EXPECT_EQ(by_value.error().message.find(made.value.reveal()), std::string::npos);
}

TEST_F(KeysTest, AnExpiryInThePastIsRefused) {
    const Result<CreatedKey> made = parts.keys.create(
        {.customer = "Acme", .name = "x", .usage_plan = "", .expires_at = parts.clock.now()});
    EXPECT_EQ(made.error().pointer, "/expires_at");
}

}  // namespace
}  // namespace tally::accounts
