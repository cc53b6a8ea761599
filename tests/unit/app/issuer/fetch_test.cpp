#include "app/issuer/fetch.hpp"

#include "support/issuer_site.hpp"
#include "support/temp_folder.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>

namespace tally::app {
namespace {

using test::IssuerSite;
using test::SiteCertificate;
using testing::HasSubstr;

class FetchTest : public testing::Test {
  protected:
    static std::string content(const std::string& url, const FetchOptions& options = {}) {
        const auto parsed = FetchUrl::parse(url);
        EXPECT_TRUE(parsed.ok()) << url;
        const auto got = fetch(*parsed, options);
        return got.ok() ? *got
                        : fmt::format("{}: {}", error_code_name(got.error().code), got.error().message);
    }

    // OpenSSL reads the variable when it is asked for the machine's authorities.
    void trust(const std::string& pem) {
        const std::string path = (folder_.path() / "authorities.pem").string();
        std::ofstream(path) << pem;
        ::setenv("SSL_CERT_FILE", path.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    }

    void TearDown() override { ::unsetenv("SSL_CERT_FILE"); }  // NOLINT(concurrency-mt-unsafe)

    test::TempFolder folder_;
};

TEST_F(FetchTest, ADocumentOverPlainHttpFromThisMachine) {
    IssuerSite site;
    site.serve("{}");
    EXPECT_EQ(content(site.url()), "{}");
    EXPECT_THAT(site.last_request(), HasSubstr("GET /jwks.json HTTP/1.1\r\n"));
    EXPECT_THAT(site.last_request(), HasSubstr(fmt::format("Host: 127.0.0.1:{}\r\n", site.port())));
    EXPECT_EQ(content(fmt::format("http://localhost:{}/", site.port())), "{}");
}

TEST_F(FetchTest, ADocumentOverTls) {
    IssuerSite site(SiteCertificate::kGood);
    site.serve("{\"keys\":[]}");
    trust(site.authority());
    EXPECT_EQ(content(site.url()), "{\"keys\":[]}");
}

TEST_F(FetchTest, ACertificateMustBeVouchedForValidAndTheHosts) {
    IssuerSite unknown(SiteCertificate::kGood);
    unknown.serve("{}");
    trust("");
    EXPECT_THAT(content(unknown.url()), HasSubstr("certificate verify failed"));
    IssuerSite expired(SiteCertificate::kExpired);
    expired.serve("{}");
    trust(expired.authority());
    EXPECT_THAT(content(expired.url()), HasSubstr("certificate verify failed"));
    IssuerSite other(SiteCertificate::kOtherHost);
    other.serve("{}");
    trust(other.authority());
    EXPECT_THAT(content(other.url()), HasSubstr("certificate verify failed"));
    for (const IssuerSite* site : {&unknown, &expired, &other})
        EXPECT_EQ(site->requests(), 0) << "nothing was asked of it";
}

TEST_F(FetchTest, OnlyAPlainAnswerIsTaken) {
    IssuerSite site;
    IssuerSite canary;
    canary.serve("secret");
    for (const int status : {301, 302, 303, 307, 308}) {
        site.serve("", status, fmt::format("Location: {}\r\n", canary.url()));
        EXPECT_THAT(content(site.url()), HasSubstr("redirects are not followed"));
    }
    EXPECT_EQ(canary.requests(), 0);
    for (const int status : {204, 206, 401, 404, 500, 503}) {
        site.serve("{}", status);
        EXPECT_THAT(content(site.url()), HasSubstr(fmt::format("answered {}", status)));
    }
    site.serve("\x1f\x8b", 200, "Content-Encoding: gzip\r\n");
    EXPECT_THAT(content(site.url()), HasSubstr("content encoding"));
    site.serve_raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
    EXPECT_THAT(content(site.url()), HasSubstr("partial message"));
    site.serve_raw("not HTTP at all\r\n\r\n");
    EXPECT_THAT(content(site.url()), HasSubstr("unavailable"));
    site.serve_raw("");
    EXPECT_THAT(content(site.url()), HasSubstr("unavailable"));
}

TEST_F(FetchTest, SizeAndTimeAreLimited) {
    IssuerSite site;
    FetchOptions options;
    options.size_max = 100;
    site.serve(std::string(100, 'x'));
    EXPECT_EQ(content(site.url(), options).size(), 100U);
    site.serve(std::string(101, 'x'));
    EXPECT_THAT(content(site.url(), options), HasSubstr("body limit"));
    site.serve("{}", 200, "X-Long: " + std::string(20'000, 'h') + "\r\n");
    EXPECT_THAT(content(site.url(), options), HasSubstr("header limit"));
    options.time_max = std::chrono::milliseconds(200);
    site.serve_raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{", true);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(content(site.url(), options), HasSubstr("timeout"));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(FetchTest, NobodyListens) {
    std::string url;
    {
        IssuerSite gone;
        url = gone.url();
    }
    EXPECT_THAT(content(url), HasSubstr("refused"));
}

TEST_F(FetchTest, ANameMustLeadToPublicAddressesOnly) {
    IssuerSite canary(SiteCertificate::kGood);
    canary.serve("{}");
    std::vector<std::string> answer;
    int resolved = 0;
    FetchOptions options;
    options.time_max = std::chrono::milliseconds(100);
    options.resolve = [&](const std::string& host) -> Result<std::vector<std::string>> {
        ++resolved;
        EXPECT_EQ(host, "issuer.test");
        return answer;
    };
    const std::string url = fmt::format("https://issuer.test:{}/k", canary.port());
    for (const std::vector<std::string>& addresses : {std::vector<std::string>{"127.0.0.1"},
                                                      {"10.0.0.1"},
                                                      {"169.254.169.254"},
                                                      {"::1"},
                                                      {"::ffff:127.0.0.1"},
                                                      {"64:ff9b::7f00:1"},
                                                      {"fd00:ec2::254"},
                                                      {"0.0.0.0"},
                                                      {"1.1.1.1", "127.0.0.1"},
                                                      {"1.1.1.1", "10.0.0.1"}}) {
        answer = addresses;
        EXPECT_THAT(content(url, options), HasSubstr("is no public address")) << addresses.back();
    }
    answer = {};
    EXPECT_THAT(content(url, options), HasSubstr("no address"));
    // A private network may be allowed; this machine may not, under a name that does not say so.
    options.private_addresses = true;
    answer = {"127.0.0.1"};
    EXPECT_THAT(content(url, options), HasSubstr("is no public address"));
    answer = {"192.0.2.1"};
    EXPECT_THAT(content(url, options), HasSubstr("unavailable"));
    EXPECT_EQ(resolved, 13) << "each time once";
    options.resolve = [](const std::string&) -> Result<std::vector<std::string>> {
        return std::vector<std::string>{"1.1.1.1"};
    };
    EXPECT_THAT(content(fmt::format("http://localhost:{}/", canary.port()), options),
                HasSubstr("is no public address"))
        << "loopback was meant, so loopback it must be";
    EXPECT_THAT(content("https://10.0.0.1/", {}), HasSubstr("is no public address"));
    EXPECT_EQ(canary.requests(), 0);
}

TEST_F(FetchTest, AFile) {
    const std::string path = (folder_.path() / "keys.json").string();
    EXPECT_THAT(content("file:" + path), HasSubstr("not_found"));
    std::ofstream(path) << "{}";
    EXPECT_EQ(content("file:" + path), "{}");
    FetchOptions options;
    options.size_max = 1;
    EXPECT_THAT(content("file:" + path, options), HasSubstr("more than 1 bytes"));
    EXPECT_THAT(content("file:" + folder_.path().string()), HasSubstr("directory"));
}

}  // namespace
}  // namespace tally::app
