#include "api/resources.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tally::api {
namespace {

TEST(RatingRoutes, OneLineOutForEachLineInAndTheFailedOnesCounted) {
    const auto echo = [](std::string_view line) {
        return LineAnswer{"<" + std::string(line) + ">", line != "bad"};
    };
    const auto routes = rating_routes({echo, echo, echo});
    ASSERT_EQ(routes.size(), 3U);
    Request request;
    request.body = "one\n\n  \nbad\nlast without end";
    const auto response = routes[0].handler(request);
    ASSERT_TRUE(response.ok());
    EXPECT_EQ(response->body, "<one>\n<bad>\n<last without end>\n");
    EXPECT_EQ(response->headers.at(0).second, "1");
}

}  // namespace
}  // namespace tally::api
