// Keys that are principals of a token issuer.
#include "account_parts.hpp"
#include "accounts/keys.hpp"
#include "accounts/keys_json.hpp"
#include "model/principal_digest.hpp"

#include <gtest/gtest.h>

namespace tally::accounts {
namespace {

constexpr const char* kIssuer = "https://issuer.test/pool";

class PrincipalsTest : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(parts.customers.create({.name = "Acme"}).ok()); }

    Result<ApiKey> create(const std::string& principal) {
        return keys.create_principal({.customer = "Acme", .name = "ann's"}, principal);
    }

    test::AccountParts parts;
    Keys keys{parts.state->keys(), parts.customers, parts.usage_plans, parts.secret,
              parts.publication,   parts.clock,     parts.random,      kIssuer};
};

TEST_F(PrincipalsTest, ArePublishedAndKeptLikeKeys) {
    const ApiKey made = create("ann").value();
    EXPECT_EQ(made.issuer, kIssuer);
    EXPECT_EQ(made.principal, "ann");
    EXPECT_TRUE(made.id.str().starts_with("key_"));
    const PublishedKey& told = parts.publisher.table[made.id.str()];
    EXPECT_EQ(told.digest, principal_digest(parts.secret.sip_key(), kIssuer, "ann"));
    EXPECT_EQ(told.customer, made.customer);
    EXPECT_FALSE(told.revoked);
    const ApiKey stored = keys.find(made.id.str()).value();
    EXPECT_EQ(stored.principal, "ann");
    EXPECT_EQ(stored.issuer, kIssuer);
    EXPECT_EQ(stored.digest, made.digest);
    ASSERT_TRUE(keys.revoke("ann's").ok());
    EXPECT_TRUE(parts.publisher.table[made.id.str()].revoked);
    ASSERT_TRUE(parts.publication.tell_all().ok());
    EXPECT_TRUE(parts.publisher.table[made.id.str()].revoked);
}

TEST_F(PrincipalsTest, BelongToOneCustomer) {
    ASSERT_TRUE(create("ann").ok());
    ASSERT_TRUE(create("bob").ok());
    const Result<ApiKey> again = create("ann");
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
    EXPECT_NE(again.error().message.find("this principal is key_"), std::string::npos);
}

TEST_F(PrincipalsTest, OfAnotherIssuerAreSomebodyElse) {
    ASSERT_TRUE(create("ann").ok());
    Keys moved{parts.state->keys(), parts.customers, parts.usage_plans, parts.secret,
               parts.publication,   parts.clock,     parts.random,      "https://other.test"};
    const Result<ApiKey> other = moved.create_principal({.customer = "Acme"}, "ann");
    ASSERT_TRUE(other.ok());
    EXPECT_NE(other->digest, keys.find("ann's").value().digest);
}

TEST_F(PrincipalsTest, AreTextAndNeedAnIssuer) {
    for (const std::string& wrong : {std::string(), std::string(256, 'a'), std::string("a\nb"),
                                     std::string("\x7f"), std::string("a\0b", 3)}) {
        const Result<ApiKey> made = create(wrong);
        ASSERT_FALSE(made.ok());
        EXPECT_EQ(made.error().pointer, "/principal");
    }
    EXPECT_TRUE(create(std::string(255, 'a')).ok());
    const Result<ApiKey> without = parts.keys.create_principal({.customer = "Acme"}, "ann");
    ASSERT_FALSE(without.ok());
    EXPECT_NE(without.error().message.find("jwt_issuer"), std::string::npos);
}

TEST_F(PrincipalsTest, HaveNoValue) {
    const ApiKey made = create("ann-of-the-issuer").value();
    EXPECT_FALSE(keys.rotate(made.id.str()).ok());
    EXPECT_EQ(keys.identify("ann-of-the-issuer").value(), std::nullopt);
    EXPECT_EQ(keys.identify(std::string(kIssuer) + '\0' + "ann-of-the-issuer").value(), std::nullopt);
    const std::string json = key_to_json(made);
    EXPECT_NE(json.find(R"("principal":"ann-of-the-issuer")"), std::string::npos);
    EXPECT_EQ(json.find("hmac"), std::string::npos);
}

TEST_F(PrincipalsTest, AreAskedForInPlaceOfAValue) {
    const KeyRequest asked = key_request_from_json(R"({"customer":"Acme","principal":"ann"})").value();
    EXPECT_EQ(asked.principal, "ann");
    EXPECT_EQ(key_request_from_json(R"({"customer":"A","principal":"a","value":"abcdefgh","import":true})")
                  .error()
                  .pointer,
              "/principal");
}

}  // namespace
}  // namespace tally::accounts
