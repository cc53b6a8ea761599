#include "edge/query_masking.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tally::edge {
namespace {

// The query with each key replaced by [what it decodes to].
std::string masked(std::string_view query) {
    std::string result;
    QueryPieces pieces(query.data(), query.size());
    for (QueryPiece piece; pieces.next(piece);) {
        if (!piece.is_key) {
            result.append(reinterpret_cast<const char*>(piece.data), piece.size);
            continue;
        }
        unsigned char key[64];
        const std::size_t size = percent_decode(piece.data, piece.size, key, sizeof key);
        result += "[" + std::string(reinterpret_cast<const char*>(key), size) + "]";
    }
    return result;
}

TEST(QueryMasking, LeavesOtherParametersAlone) {
    for (const char* query : {"", "a=1", "a=1&b=2", "&&&", "=", "a=1&", "key=x", "my_api_key=x", "api_key",
                              "api_key=", "api_keys=x", "token=x", "n=x", "e=x", "%6e=x",
                              "refresh_access_token=x", "%", "a=%zz", "monkey=1;b=2"})
        EXPECT_EQ(masked(query), query);
}

TEST(QueryMasking, FindsKeysWhereverTheyStand) {
    EXPECT_EQ(masked("cf_api_key=s"), "cf_api_key=[s]");
    EXPECT_EQ(masked("api_key=s&a=1"), "api_key=[s]&a=1");
    EXPECT_EQ(masked("a=1&apikey=s"), "a=1&apikey=[s]");
    EXPECT_EQ(masked("a=1&x-api-key=s&b=2&api_key=t"), "a=1&x-api-key=[s]&b=2&api_key=[t]");
    EXPECT_EQ(masked("a=1;api_key=s;b=2"), "a=1;api_key=[s];b=2");
    EXPECT_EQ(masked("api_key=a=b"), "api_key=[a=b]");
    EXPECT_EQ(masked("&&api_key=s&&"), "&&api_key=[s]&&");
    EXPECT_EQ(masked("a=1&access_token=s"), "a=1&access_token=[s]");
}

TEST(QueryMasking, SeesThroughCaseAndEncoding) {
    EXPECT_EQ(masked("API_Key=s"), "API_Key=[s]");
    EXPECT_EQ(masked("api%5Fkey=s"), "api%5Fkey=[s]");
    EXPECT_EQ(masked("%61%70%69%5f%6b%65%79=s"), "%61%70%69%5f%6b%65%79=[s]");
    EXPECT_EQ(masked("x-api%2Dkey=s"), "x-api%2Dkey=[s]");
    EXPECT_EQ(masked("Access%5ftoke%6E=s"), "Access%5ftoke%6E=[s]");
    EXPECT_EQ(masked("access_tokeN=s&a_longer_query=1"), "access_tokeN=[s]&a_longer_query=1");
    EXPECT_EQ(masked("api_key=%73%65%"), "api_key=[se%]");
}

TEST(QueryMasking, HasKeyParameterAgrees) {
    EXPECT_TRUE(has_key_parameter("a=1&api_key=s", 13));
    EXPECT_FALSE(has_key_parameter("a=1&api_kex=s", 13));
    EXPECT_FALSE(has_key_parameter(nullptr, 0));
}

TEST(QueryMasking, DecodingStopsAtTheRoom) {
    unsigned char to[2];
    const std::string_view from = "%41%42%43";
    EXPECT_EQ(percent_decode(reinterpret_cast<const unsigned char*>(from.data()), from.size(), to, 2), 2U);
    EXPECT_EQ(to[1], 'B');
}

}  // namespace
}  // namespace tally::edge
