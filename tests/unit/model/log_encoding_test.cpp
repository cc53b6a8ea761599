#include "model/log_encoding.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tally {
namespace {

using namespace std::string_view_literals;

std::string safe(std::string_view text) {
    std::string out;
    append_safe_text(text, out);
    return out;
}

std::string cloudfront(std::string_view text) {
    std::string out;
    append_cloudfront_text(text, out);
    return out;
}

std::string headers(std::string_view lines) {
    std::string out;
    append_cloudfront_headers(lines, out);
    return out;
}

std::string names(std::string_view lines) {
    std::string out;
    append_cloudfront_header_names(lines, out);
    return out;
}

TEST(LogEncoding, PlainTextIsPrintableAscii) {
    EXPECT_TRUE(is_plain_text(""));
    EXPECT_TRUE(is_plain_text("/a/b c?d=%20~ and longer than eight bytes"));
    for (int byte = 0; byte < 256; ++byte) {
        for (const std::size_t at : {0U, 3U, 7U, 8U, 11U}) {
            std::string text(12, 'x');
            text[at] = static_cast<char>(byte);
            EXPECT_EQ(is_plain_text(text), byte >= 0x20 && byte < 0x7F) << "byte " << byte << " at " << at;
        }
    }
}

TEST(LogEncoding, SafeTextKeepsValidUtf8) {
    EXPECT_EQ(safe("/größe/€/😀/%41"), "/größe/€/😀/%41");
    EXPECT_EQ(safe("\xC2\xA0"), "\xC2\xA0");
}

TEST(LogEncoding, SafeTextEncodesControlCharacters) {
    EXPECT_EQ(safe("a\r\nb\tc\0d\x1b[0m\x7f"sv), "a%0D%0Ab%09c%00d%1B[0m%7F");
    EXPECT_EQ(safe("\xC2\x85\xC2\x9B"), "%C2%85%C2%9B");
}

TEST(LogEncoding, SafeTextEncodesInvalidUtf8ByteByByte) {
    EXPECT_EQ(safe("\x80"), "%80");
    EXPECT_EQ(safe("\xC0\xAF"), "%C0%AF");                // overlong
    EXPECT_EQ(safe("\xE0\x80\x80"), "%E0%80%80");         // overlong
    EXPECT_EQ(safe("\xED\xA0\x80"), "%ED%A0%80");         // surrogate
    EXPECT_EQ(safe("\xF4\x90\x80\x80"), "%F4%90%80%80");  // beyond U+10FFFF
    EXPECT_EQ(safe("\xF0\x8F\xBF\xBF"), "%F0%8F%BF%BF");  // overlong
    EXPECT_EQ(safe("\xE2\x82"), "%E2%82");                // cut short
    EXPECT_EQ(safe("\xE2\x82z\xFF"), "%E2%82z%FF");
}

TEST(LogEncoding, CloudfrontEncodesItsOwnSet) {
    EXPECT_EQ(cloudfront("Mozilla/5.0 (X11; Linux)"), "Mozilla/5.0%20(X11;%20Linux)");
    EXPECT_EQ(cloudfront("<>\"#%{}|\\^~[]`'"), "%3C%3E%22%23%25%7B%7D%7C%5C%5E%7E%5B%5D%60%27");
    EXPECT_EQ(cloudfront("gzip, deflate, br"), "gzip,%20deflate,%20br");
    EXPECT_EQ(cloudfront("é\x7f\x1f"), "%C3%A9%7F%1F");
    EXPECT_EQ(cloudfront("A-Za-z0-9-_.!*();:@&=+$,/?"), "A-Za-z0-9-_.!*();:@&=+$,/?");
}

TEST(LogEncoding, HeadersAreTitleCasedLines) {
    EXPECT_EQ(headers("host:api.example.com\nx-api-key:key_1\nACCEPT:*/*\n"),
              "Host:api.example.com%0AX-Api-Key:key_1%0AAccept:*/*%0A");
    EXPECT_EQ(names("host:api.example.com\nx-api-key:key_1\nACCEPT:*/*\n"), "Host%0AX-Api-Key%0AAccept%0A");
}

TEST(LogEncoding, HeaderValuesKeepTheirColons) {
    EXPECT_EQ(headers("referer:https://a/b c\n"), "Referer:https://a/b%20c%0A");
}

TEST(LogEncoding, CutHeadersStayInOneForm) {
    EXPECT_EQ(headers(""), "");
    EXPECT_EQ(headers("host:a\nuser-ag"), "Host:a%0AUser-Ag%0A");
    EXPECT_EQ(headers("\n\n\n\n"), "%0A%0A%0A%0A");
    EXPECT_EQ(headers("\xFF\n\xFE:\xFD\n"), "%FF%0A%FE:%FD%0A");
    EXPECT_EQ(names("\xFF\n"), "%FF%0A");
}

TEST(LogEncoding, AppendsBehindWhatIsThere) {
    std::string out = "before ";
    append_cloudfront_text("a b", out);
    append_safe_text("|\n", out);
    EXPECT_EQ(out, "before a%20b|%0A");
}

}  // namespace
}  // namespace tally
