#include "cli/transport.hpp"

#include <gtest/gtest.h>

namespace tally::cli {
namespace {

TEST(PathOf, EncodesEachPart) {
    EXPECT_EQ(path_of({"v1", "customers", "ACME Inc/..?#é"}), "/v1/customers/ACME%20Inc%2F..%3F%23%C3%A9");
}

TEST(QueryString, EncodesNamesAndValues) {
    EXPECT_EQ(query_string({}), "");
    EXPECT_EQ(query_string({{"by", "path,status"}, {"a&b", "c=d"}}), "?by=path%2Cstatus&a%26b=c%3Dd");
}

}  // namespace
}  // namespace tally::cli
