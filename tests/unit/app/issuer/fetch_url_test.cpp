#include "app/issuer/fetch_url.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tally::app {
namespace {

FetchUrl parsed(std::string_view text) {
    const auto url = FetchUrl::parse(text);
    EXPECT_TRUE(url.ok()) << (url.ok() ? "" : url.error().message);
    return url.ok() ? *url : FetchUrl{};
}

TEST(FetchUrl, TakesApart) {
    EXPECT_EQ(parsed("https://issuer.example/.well-known/jwks.json"),
              (FetchUrl{FetchScheme::kHttps, "issuer.example", "443", "/.well-known/jwks.json"}));
    EXPECT_EQ(parsed("https://issuer.example:8443/a?b=c/d"),
              (FetchUrl{FetchScheme::kHttps, "issuer.example", "8443", "/a?b=c/d"}));
    EXPECT_EQ(parsed("https://issuer.example").target, "/");
    EXPECT_EQ(parsed("https://[2606:4700::1111]:444/k"),
              (FetchUrl{FetchScheme::kHttps, "2606:4700::1111", "444", "/k"}));
    EXPECT_EQ(parsed("https://1.1.1.1/k").host, "1.1.1.1");
    EXPECT_EQ(parsed("http://127.0.0.1:9/k"), (FetchUrl{FetchScheme::kHttp, "127.0.0.1", "9", "/k"}));
    EXPECT_EQ(parsed("http://[::1]/k").port, "80");
    EXPECT_EQ(parsed("http://localhost:8080/k").authority(), "localhost:8080");
    EXPECT_EQ(parsed("https://[2606:4700::1111]/k").authority(), "[2606:4700::1111]");
    EXPECT_EQ(parsed("file:/etc/keys.json"), (FetchUrl{FetchScheme::kFile, "", "", "/etc/keys.json"}));
    EXPECT_EQ(parsed("file:keys.json").target, "keys.json");
}

TEST(FetchUrl, RefusesEverySpellingThatTwoReadersMayTakeDifferently) {
    const std::string_view wrong[] = {"",
                                      "https",
                                      "https:",
                                      "https:/",
                                      "https://",
                                      "https:///",
                                      "https:///path",
                                      "https://:443/",
                                      "https://?x",
                                      "https://host?x=/",
                                      "ftp://host/",
                                      "HTTPS://host/",
                                      "Https://host/",
                                      " https://host/",
                                      "https://host/ ",
                                      "https://host /",
                                      "https://ho st/",
                                      "https://host/a b",
                                      "https://host/\n",
                                      "https://host/\t",
                                      "//host/",
                                      "https:\\\\host\\",
                                      "https://host\\@evil/",
                                      "https://user@host/",
                                      "https://user:password@host/",
                                      "https://host@evil/",
                                      "https://host#@evil/",
                                      "https://host/#f",
                                      "https://host:/",
                                      "https://host:0/",
                                      "https://host:00443/",
                                      "https://host:65536/",
                                      "https://host:-1/",
                                      "https://host:4 43/",
                                      "https://host:443a/",
                                      "https://host:443:444/",
                                      "https://.host/",
                                      "https://host./",
                                      "https://ho..st/",
                                      "https://-host/",
                                      "https://ho_st/",
                                      "https://h%6fst/",
                                      "https://127.1/",
                                      "https://127.0.1/",
                                      "https://0x7f.0.0.1/",
                                      "https://0x7f000001/",
                                      "https://2130706433/",
                                      "https://0177.0.0.1/",
                                      "https://0/",
                                      "https://1/",
                                      "https://127.0.0.1.1/",
                                      "https://256.1.1.1/",
                                      "https://1.2.3.4x/",
                                      "https://host.0x7f/",
                                      "https://[::1/",
                                      "https://[::1]x/",
                                      "https://[host]/",
                                      "https://[127.0.0.1]/",
                                      "https://[]/",
                                      "https://[::g]/",
                                      "https://[fe80::1%25eth0]/",
                                      "https://[::1]:/",
                                      "https://::1/",
                                      "https://\xC3\xA9.example/",
                                      "https://\xE2\x93\x81ocalhost/",
                                      "https://host\xE3\x80\x82.example/",
                                      "http://host/",
                                      "http://1.1.1.1/",
                                      "http://10.0.0.1/",
                                      "http://[::ffff:127.0.0.1]/",
                                      "http://0.0.0.0/",
                                      "http://localhost.evil.test/",
                                      "http://127.0.0.1.evil.test/",
                                      "http://LOCALHOST/",
                                      "http://169.254.169.254/latest",
                                      "http://[::]/",
                                      "file:",
                                      "file://host/path",
                                      "file:///etc/keys",
                                      "gopher://127.0.0.1/",
                                      "data:,x",
                                      "javascript:1",
                                      "dict://127.0.0.1:11211/",
                                      "jar:https://host/!/"};
    EXPECT_GE(std::size(wrong), 80U);
    for (const std::string_view text : wrong)
        EXPECT_FALSE(FetchUrl::parse(text).ok()) << text;
    EXPECT_FALSE(FetchUrl::parse("https://host/" + std::string(2048, 'a')).ok());
    EXPECT_FALSE(FetchUrl::parse("https://" + std::string(254, 'a') + "/").ok());
    EXPECT_FALSE(FetchUrl::parse(std::string("https://host/\0", 14)).ok());
}

}  // namespace
}  // namespace tally::app
