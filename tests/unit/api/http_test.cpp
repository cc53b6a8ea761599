#include "api/http.hpp"

#include <gtest/gtest.h>

namespace tally::api {
namespace {

TEST(Target, SplitsPathAndQuery) {
    Request request;
    ASSERT_TRUE(set_target(request, "/v1/customers/A%2FB?by=path%2Cstatus&empty=&flag&q=a+b"));
    EXPECT_EQ(request.path, "/v1/customers/A%2FB");  // decoded by segment, in the router
    EXPECT_EQ(request.query_value("by"), "path,status");
    EXPECT_EQ(request.query_value("empty"), "");
    EXPECT_EQ(request.query_value("flag"), "");
    EXPECT_EQ(request.query_value("q"), "a b");
    EXPECT_EQ(request.query_value("none"), std::nullopt);
}

TEST(Target, RefusesBrokenOnes) {
    for (const char* target : {"", "v1", "http://x/", "*", "/?a=%", "/?a=%1", "/?a=%zz", "/?%=1"}) {
        Request request;
        EXPECT_FALSE(set_target(request, target)) << target;
    }
}

TEST(PercentDecode, PlusIsABlankOnlyInQueries) {
    EXPECT_EQ(*percent_decode("a+b%20c", true), "a b c");
    EXPECT_EQ(*percent_decode("a+b%20c", false), "a+b c");
    EXPECT_EQ(*percent_decode("%e2%82%AC", false), "€");
}

}  // namespace
}  // namespace tally::api
