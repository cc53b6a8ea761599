// Response headers that an API is billed by: in the record as the upstream said them, whatever the client
// gets.
#include "edge_site.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tally::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// Locations with what is configured for them; the upstream answers with the headers that it is told to.
class DimensionsTest : public EdgeSite {
  protected:
    void SetUp() override {
        start(R"(
        location /api { tallyman on; tallyman_dimension X-Tokens-Used x-model;
                        proxy_pass http://tallyman_upstream/; }
        location /hidden { tallyman on; tallyman_dimension x-tokens-used; tallyman_dimension_hide on;
                           proxy_pass http://tallyman_upstream/; }
        location /proxy-hidden { tallyman on; tallyman_dimension x-tokens-used;
                                 proxy_hide_header X-Tokens-Used; proxy_pass http://tallyman_upstream/; }
        location /intercepted { tallyman on; tallyman_dimension x-tokens-used; proxy_intercept_errors on;
                                error_page 500 = @sorry; proxy_pass http://tallyman_upstream/status/500; }
        location @sorry { return 200 "sorry"; }
        location /own { tallyman on; tallyman_dimension x-tokens-used; add_header X-Tokens-Used 5;
                        return 200 "own"; }
)");
    }

    std::string dimensions_of(std::string_view target, std::string_view answer) {
        response_ = get(target, answer);
        return std::string(only_record().dimensions);
    }

    HttpResponse response_;
};

TEST_F(DimensionsTest, StandInTheRecordInTheConfiguredOrder) {
    EXPECT_EQ(dimensions_of("/api", "Echo-X-Model: small\r\nEcho-x-TOKENS-used: 17\r\nEcho-X-Other: 1\r\n"),
              "x-tokens-used=17\nx-model=small\n");
    EXPECT_THAT(response_.head, HasSubstr("x-TOKENS-used: 17"));
}

TEST_F(DimensionsTest, WhatIsNotSentIsNotThere) {
    EXPECT_EQ(dimensions_of("/api", "Echo-X-Model: small\r\n"), "x-model=small\n");
}

TEST_F(DimensionsTest, AnEmptyValueIsAValue) {
    EXPECT_EQ(dimensions_of("/api", "Echo-X-Model:\r\n"), "x-model=\n");
}

TEST_F(DimensionsTest, AHeaderThatComesTwiceIsOneValue) {
    EXPECT_EQ(dimensions_of("/api", "Echo-X-Tokens-Used: 17\r\nEcho-X-Tokens-Used: 4\r\n"),
              "x-tokens-used=17, 4\n");
}

TEST_F(DimensionsTest, ALongValueIsCutAndMarked) {
    const std::string longest(256, '7');
    EXPECT_EQ(dimensions_of("/api", "Echo-X-Tokens-Used: " + longest + "\r\n"),
              "x-tokens-used=" + longest + "\n");
    response_ = get("/api", "Echo-X-Tokens-Used: " + longest + "7\r\n");
    EXPECT_EQ(records(2).back().dimensions, "x-tokens-used=" + longest.substr(3) + "…\n");
}

TEST_F(DimensionsTest, MayBeHiddenFromTheClient) {
    EXPECT_EQ(dimensions_of("/hidden", "Echo-X-Tokens-Used: 17\r\nEcho-X-Other: 1\r\n"),
              "x-tokens-used=17\n");
    EXPECT_THAT(response_.head, Not(HasSubstr("Tokens")));
    EXPECT_THAT(response_.head, HasSubstr("X-Other: 1"));
}

TEST_F(DimensionsTest, AreSeenWhereNginxHidesThem) {
    EXPECT_EQ(dimensions_of("/proxy-hidden", "Echo-X-Tokens-Used: 17\r\n"), "x-tokens-used=17\n");
    EXPECT_THAT(response_.head, Not(HasSubstr("Tokens")));
}

TEST_F(DimensionsTest, AnAnswerThatNginxPutsInTheUpstreamsPlaceHasNone) {
    EXPECT_EQ(dimensions_of("/intercepted", "Echo-X-Tokens-Used: 17\r\n"), "");
    EXPECT_EQ(response_.body, "sorry");
}

TEST_F(DimensionsTest, HeadersThatNginxAddsAreNotTheUpstreams) {
    EXPECT_EQ(dimensions_of("/own", ""), "");
    EXPECT_THAT(response_.head, HasSubstr("X-Tokens-Used: 5"));
}

TEST_F(DimensionsTest, WithoutConfigurationThereAreNone) {
    EXPECT_EQ(dimensions_of("/", "Echo-X-Tokens-Used: 17\r\n"), "");
}

}  // namespace
}  // namespace tally::test
