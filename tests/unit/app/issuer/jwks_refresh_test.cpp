#include "app/issuer/jwks_refresh.hpp"

#include "app/issuer/fetch.hpp"
#include "edge/token/jwks_reader.hpp"
#include "support/issuer_site.hpp"
#include "support/temp_folder.hpp"
#include "support/token_maker.hpp"

#include <vector>

#include <gmock/gmock.h>

namespace tally::app {
namespace {

using edge::JwksReader;
using edge::TokenAlgorithm;
using test::SigningKey;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::string_view kIssuer = "https://issuer.test";

class JwksRefreshTest : public testing::Test {
  protected:
    JwksRefreshTest() : url_(*FetchUrl::parse(site_.url())) { site_.serve(test::key_set({old_})); }

    // Steps once a second for `time`; the last outcome.
    Status run(Microseconds time) {
        Status outcome = refresh_.step();
        for (Microseconds passed{0}; passed < time; passed += 1s) {
            clock_.advance(1s);
            outcome = refresh_.step();
        }
        return outcome;
    }

    bool worker_knows(const SigningKey& key) {
        reader_.refresh();
        return reader_.usable(to_us(clock_.now())) &&
               reader_.find(TokenAlgorithm::kEdDsa, key.kid()) != nullptr;
    }

    test::TempFolder folder_;
    const std::string path_ = (folder_.path() / "jwks.table").string();
    ManualClock clock_{instant_from_us(1'700'000'000'000'000)};
    const SigningKey old_ = SigningKey::ed25519("old");
    const SigningKey new_ = SigningKey::ed25519("new");
    test::IssuerSite site_;
    FetchUrl url_;
    std::vector<std::string> said_;
    edge::JwksFile file_{path_, std::string(kIssuer)};
    JwksRefresh refresh_{file_, [this] { return fetch(url_, {}); },
                         [this](std::string_view text) { said_.emplace_back(text); }, clock_};
    JwksReader reader_;
};

TEST_F(JwksRefreshTest, FetchesAtTheStartAndEveryFourMinutes) {
    ASSERT_TRUE(run(0s).ok());
    EXPECT_EQ(site_.requests(), 1);
    ASSERT_EQ(reader_.open(path_.c_str(), kIssuer), 0);
    EXPECT_TRUE(worker_knows(old_));
    ASSERT_TRUE(run(239s).ok());
    EXPECT_EQ(site_.requests(), 1);
    ASSERT_TRUE(run(1s).ok());
    EXPECT_EQ(site_.requests(), 2);
    EXPECT_EQ(reader_.epoch(), 1U) << "the same keys";
}

TEST_F(JwksRefreshTest, ANewKeyIsSeenWithinFiveMinutesAndAWithdrawnOneIsGone) {
    ASSERT_TRUE(run(0s).ok());
    ASSERT_EQ(reader_.open(path_.c_str(), kIssuer), 0);
    site_.serve(test::key_set({new_}));
    ASSERT_TRUE(run(5min).ok());
    EXPECT_TRUE(worker_knows(new_));
    EXPECT_FALSE(worker_knows(old_));
}

TEST_F(JwksRefreshTest, AnUnknownKeyLeadsToOneFetchAMinuteHoweverManyThereAre) {
    ASSERT_TRUE(run(0s).ok());
    ASSERT_EQ(reader_.open(path_.c_str(), kIssuer), 0);
    ASSERT_TRUE(run(10s).ok());
    site_.serve(test::key_set({old_, new_}));
    for (int i = 0; i < 10'000; ++i)
        reader_.report_unknown_kid();
    ASSERT_TRUE(run(49s).ok());
    EXPECT_EQ(site_.requests(), 1) << "a minute has not passed";
    ASSERT_TRUE(run(1s).ok());
    EXPECT_EQ(site_.requests(), 2);
    EXPECT_TRUE(worker_knows(new_));
    const int before = site_.requests();
    for (int second = 0; second < 180; ++second) {
        for (int i = 0; i < 100; ++i)
            reader_.report_unknown_kid();
        ASSERT_TRUE(run(1s).ok());
    }
    EXPECT_EQ(site_.requests() - before, 3);
    ASSERT_TRUE(run(239s).ok());
    EXPECT_EQ(site_.requests() - before, 3);
    ASSERT_TRUE(run(1s).ok());
    EXPECT_EQ(site_.requests() - before, 4) << "and then only as usual";
}

TEST_F(JwksRefreshTest, OldKeysServeWhileTheIssuerIsAwayButNotForever) {
    ASSERT_TRUE(run(0s).ok());
    ASSERT_EQ(reader_.open(path_.c_str(), kIssuer), 0);
    site_.serve("", 503);
    const Status failed = run(5min);
    ASSERT_FALSE(failed.ok());
    EXPECT_THAT(failed.error().message, HasSubstr("answered 503"));
    EXPECT_TRUE(worker_knows(old_));
    for (const std::string_view junk :
         {"", "<html>", "{}", R"({"keys":[]})", R"({"keys":[{"kty":"oct"}]})"}) {
        site_.serve(std::string(junk));
        EXPECT_FALSE(run(1min).ok()) << junk;
        EXPECT_TRUE(worker_knows(old_)) << junk;
    }
    clock_.advance(24h);
    EXPECT_FALSE(run(0s).ok());
    EXPECT_FALSE(worker_knows(old_)) << "too old";
    site_.serve(test::key_set({old_}));
    EXPECT_TRUE(run(1min).ok());
    EXPECT_TRUE(worker_knows(old_));
}

TEST_F(JwksRefreshTest, AFailureIsTriedAgainSoonButNotInARush) {
    site_.serve("", 500);
    EXPECT_FALSE(run(0s).ok());
    EXPECT_FALSE(run(5min).ok());
    // At 0, 5, 15, 35, 75, 135, 195 and 255 s.
    EXPECT_EQ(site_.requests(), 8);
    site_.serve(test::key_set({old_}));
    EXPECT_TRUE(run(1min).ok());
}

TEST_F(JwksRefreshTest, WhatIsLeftOutIsSaidOnce) {
    site_.serve(R"({"keys":[{"kty":"oct","kid":"sym"},)" + old_.jwk() + "]}");
    EXPECT_TRUE(run(10min).ok());
    EXPECT_GE(site_.requests(), 3);
    ASSERT_EQ(said_.size(), 1U);
    EXPECT_THAT(said_.front(), HasSubstr("\"sym\""));
}

}  // namespace
}  // namespace tally::app
