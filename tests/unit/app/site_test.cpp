#include "app/site.hpp"

#include "api/beast_server.hpp"
#include "app/in_process_transport.hpp"
#include "base/json_value.hpp"
#include "cli/http_transport.hpp"
#include "support/temp_folder.hpp"

#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace tally::app {
namespace {

// The whole program but nginx, on a folder of its own: every part is the real one.
class SiteTest : public testing::Test {
  protected:
    void SetUp() override {
        const auto folder = DataFolder::create(temp_.path() / "data", files_, random_);
        ASSERT_TRUE(folder.ok()) << folder.error().message;
        auto lock = FolderLock::take(*folder);
        auto site = Site::open(*folder, std::move(*lock), Config(), machine_);
        ASSERT_TRUE(site.ok()) << site.error().message;
        site_ = std::move(*site);
        token_ = *folder->admin_token();
        transport_.emplace(site_->router(), token_);
    }

    api::Response send(const std::string& method, const std::string& target, const std::string& token,
                       bool loopback = false) {
        api::Request request;
        request.method = method;
        request.from_loopback = loopback;
        EXPECT_TRUE(api::set_target(request, target));
        if (!token.empty())
            request.headers["authorization"] = "Bearer " + token;
        return site_->router().handle(std::move(request));
    }

    cli::ClientResponse ask(const std::string& method, const std::string& path, std::string body = "") {
        const auto response = transport_->send({method, path, {}, {}, std::move(body)});
        EXPECT_TRUE(response.ok());
        return *response;
    }

    JsonValue ask_json(const std::string& method, const std::string& path, std::string body = "") {
        const auto response = ask(method, path, std::move(body));
        EXPECT_LT(response.status, 300) << response.body;
        const auto value = JsonValue::parse(response.body);
        EXPECT_TRUE(value.ok()) << response.body;
        return *value;
    }

    test::TempFolder temp_;
    PosixFileSystem files_;
    SystemClock clock_;
    SystemRandom random_;
    Machine machine_{files_, clock_, random_};
    std::unique_ptr<Site> site_;
    Secret token_;
    std::optional<InProcessTransport> transport_;
};

std::string with_ids(const std::string& pattern) {
    return std::regex_replace(pattern, std::regex(R"(\{[a-z_]+\})"), "x");
}

TEST_F(SiteTest, WithoutATokenOnlyTheOpenRoutesAnswer) {
    const std::set<std::string> open{"/healthz", "/readyz"};
    std::size_t closed = 0;
    for (const auto& route : site_->router().routes()) {
        const int status = send(route.method, with_ids(route.pattern), "").status;
        EXPECT_EQ(status == 401, !open.contains(route.pattern))
            << route.method << " " << route.pattern << " " << status;
        EXPECT_EQ(send(route.method, with_ids(route.pattern), "tma_wrong").status, status);
        closed += status == 401 ? 1 : 0;
    }
    EXPECT_EQ(closed, site_->router().routes().size() - 2);
    EXPECT_EQ(send("GET", "/metrics", "", true).status, 200);
}

TEST_F(SiteTest, AnApiKeyOpensItsOwnUsageAndNothingElse) {
    ask_json("POST", "/v1/customers", R"({"name":"Acme"})");
    const JsonValue made = ask_json("POST", "/v1/keys", R"({"customer":"Acme","name":"web"})");
    const std::string key(made.text_of("key"));
    const std::string id(made.text_of("id"));
    const JsonValue other = ask_json("POST", "/v1/keys", R"({"customer":"Acme","name":"other"})");
    for (const auto& route : site_->router().routes()) {
        if (route.access != api::Access::kAdmin)
            continue;
        EXPECT_EQ(send(route.method, with_ids(route.pattern), key).status, 403) << route.pattern;
    }
    EXPECT_EQ(send("GET", "/v1/usage", key).status, 200);
    EXPECT_EQ(send("GET", "/v1/usage?key=" + id, key).status, 200);
    EXPECT_EQ(send("GET", "/v1/usage?key=" + std::string(other.text_of("id")), key).status, 403);
    EXPECT_EQ(send("GET", "/v1/usage?customer=Acme", key).status, 403);
    EXPECT_EQ(send("GET", "/usage?month=2026-10&api_key=" + id, key).status, 200);
    EXPECT_EQ(send("GET", "/usage?month=2026-10&api_key=" + key, key).status, 200);
    EXPECT_EQ(send("GET", "/usage?month=2026-10&api_key=" + std::string(other.text_of("id")), key).status,
              403);
    EXPECT_EQ(send("GET", "/usage?month=2026-10&api_key=" + id, std::string(token_.reveal())).status, 200);

    ask_json("POST", "/v1/keys/" + id + "/revoke");
    EXPECT_EQ(send("GET", "/v1/usage", key).status, 401);
}

TEST_F(SiteTest, TheEdgeTestTellsWhatARequestWouldGet) {
    ask_json("POST", "/v1/customers", R"({"name":"Acme"})");
    const JsonValue made = ask_json("POST", "/v1/keys", R"({"customer":"Acme","name":"web"})");
    const std::string value(made.text_of("key"));
    const auto status = [&](const std::string& body) {
        const auto response = ask("POST", "/v1/edge/test", body);
        EXPECT_EQ(response.body.find(value), std::string::npos) << "the key is not shown";
        const auto answer = JsonValue::parse(response.body);
        return response.status == 200 ? *answer->find("status")->as_int() : response.status;
    };
    EXPECT_EQ(status(R"({"path":"/x"})"), 403);
    EXPECT_EQ(status(R"({"path":"/x","key":"web"})"), 200);
    EXPECT_EQ(status(R"({"path":"/x","key_value":")" + value + R"("})"), 200);
    EXPECT_EQ(status(R"({"path":"/x","key_value":"unknown"})"), 403);
    EXPECT_EQ(status(R"({"path":"/../x"})"), 400);
    EXPECT_EQ(status(R"({"pth":"/x"})"), 400);
    EXPECT_EQ(status(R"({"key":"none"})"), 404);
    ask_json("POST", "/v1/keys/web/revoke");
    EXPECT_EQ(status(R"({"path":"/x","key":"web"})"), 403);
}

TEST_F(SiteTest, TheSampleUsageNeverShowsTheKeysValue) {
    ask_json("POST", "/v1/customers", R"({"name":"Acme"})");
    const std::string key(ask_json("POST", "/v1/keys", R"({"customer":"Acme"})").text_of("key"));
    const auto response = send("GET", "/usage?month=2026-10&api_key=" + key, key);
    EXPECT_EQ(response.body.find(key), std::string::npos);
    const auto body = JsonValue::parse(response.body);
    EXPECT_EQ(*body->find("requestCount")->as_int(), 0);
    EXPECT_EQ(*body->find("cacheHitRate")->as_int(), 0);
    EXPECT_EQ(send("GET", "/usage?month=2026-10", key).status, 400);
    EXPECT_EQ(send("GET", "/usage?api_key=" + key, key).status, 400);
}

TEST_F(SiteTest, TheOpenApiDocumentAndTheRoutesAgreeBothWays) {
    std::set<std::string> described;
    const JsonValue document = ask_json("GET", "/v1/openapi.json");
    for (const auto& [path, methods] : *document.find("paths")->as_object())
        for (const auto& [method, operation] : *methods.as_object()) {
            std::string upper = method;
            for (char& c : upper)
                c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
            described.insert(upper + " " + path);
        }
    std::set<std::string> served;
    for (const auto& route : site_->router().routes()) {
        served.insert(route.method + " " + route.pattern);
        EXPECT_FALSE(route.summary.empty()) << route.pattern;
        EXPECT_NE(send(route.method, with_ids(route.pattern), "").status, 404) << route.pattern;
    }
    EXPECT_EQ(described, served);
}

TEST_F(SiteTest, UnknownFieldsAre400WithTheirPointer) {
    ask_json("POST", "/v1/customers", R"({"name":"Acme"})");
    const std::pair<std::string, std::string> writes[] = {
        {"/v1/customers", R"({"name":"x","admin":true})"},
        {"/v1/keys", R"({"customer":"Acme","admin":true})"},
        {"/v1/usage-plans", R"({"name":"x","admin":true})"},
        {"/v1/meters", R"({"code":"x","aggregation":"count","admin":true})"},
        {"/v1/subscriptions", R"({"customer":"Acme","plan":"p","admin":true})"},
        {"/v1/invoices/run", R"({"month":"2026-10","admin":true})"},
        {"/v1/invoices/preview", R"({"month":"2026-10","admin":true})"},
        {"/v1/credits", R"({"customer_id":"Acme","amount":"1","currency":"EUR","admin":true})"},
        {"/v1/credits/end", R"({"customer_id":"Acme","admin":true})"},
        {"/v1/credits/crd_1/void", R"({"reason":"x","admin":true})"},
        {"/v1/query", R"({"sql":"SELECT 1","admin":true})"},
        {"/v1/plans", R"({"code":"x","currency":"USD","interval":"month","charges":[],"admin":true})"},
    };
    for (const auto& [path, body] : writes) {
        const auto response = ask("POST", path, body);
        EXPECT_EQ(response.status, 400) << path << " " << response.body;
        EXPECT_NE(response.body.find("\"pointer\":\"/admin\""), std::string::npos)
            << path << " " << response.body;
    }
    EXPECT_EQ(ask("POST", "/v1/flush", R"({"x":1})").status, 400);
}

TEST_F(SiteTest, CreditFromTheFirstGrantToTheEnd) {
    const std::string id(ask_json("POST", "/v1/customers", R"({"name":"Acme"})").text_of("id"));
    const auto get = [&](const std::string& target) {
        return send("GET", target, std::string(token_.reveal()));
    };
    const auto get_json = [&](const std::string& target) {
        return JsonValue::parse(get(target).body).value();
    };
    const std::string balance_of_acme = "/v1/credits/balance?customer_id=Acme";
    EXPECT_EQ(get(balance_of_acme).status, 404);
    EXPECT_EQ(get("/v1/credits/balance").status, 400);
    const std::string grant = R"({"customer_id":")" + id + R"(","amount":"10","currency":"EUR"})";
    const JsonValue first = ask_json("POST", "/v1/credits", grant);
    EXPECT_EQ(first.text_of("amount"), "10.00");
    ask_json("POST", "/v1/credits", grant);
    EXPECT_EQ(ask("POST", "/v1/credits", R"({"customer_id":"Acme","amount":"1","currency":"USD"})").status,
              409);
    EXPECT_EQ(ask("POST", "/v1/credits", R"({"customer_id":"Acme","amount":"0","currency":"EUR"})").status,
              400);
    EXPECT_EQ(get_json("/v1/credits?customer_id=Acme").find("data")->as_array()->size(), 2U);
    JsonValue balance = get_json(balance_of_acme);
    EXPECT_EQ(balance.text_of("balance"), "20.00");
    EXPECT_EQ(balance.text_of("state"), "open");
    EXPECT_TRUE(*balance.find("unpriced")->as_bool());
    EXPECT_EQ(*balance.find("allowance")->find("granted")->as_int(), 10'000);
    EXPECT_NE(ask("GET", "/metrics").body.find("tallyman_prepaid_customers{state=\"open\"} 1\n"),
              std::string::npos);

    const std::string path = "/v1/credits/" + std::string(first.text_of("id")) + "/void";
    EXPECT_EQ(ask_json("POST", path, R"({"reason":"twice"})").text_of("status"), "void");
    EXPECT_EQ(get_json(balance_of_acme).text_of("balance"), "10.00");
    EXPECT_EQ(ask_json("POST", "/v1/credits/end", R"({"customer_id":"Acme"})").text_of("state"), "ended");
    EXPECT_EQ(get(balance_of_acme).status, 404);
}

TEST_F(SiteTest, TheSameAnswersOverHttpAndInThisProcess) {
    api::Router& router = site_->router();
    api::ServerOptions options;
    options.port = 0;
    auto server = api::BeastServer::start(
        options, [&router](api::Request request) { return router.handle(std::move(request)); },
        [&router](std::string_view method, std::string_view path) { return router.cost_of(method, path); });
    ASSERT_TRUE(server.ok());
    auto http = cli::HttpTransport::make("http://127.0.0.1:" + std::to_string((*server)->port()), token_);
    ASSERT_TRUE(http.ok());
    ask_json("POST", "/v1/customers", R"({"name":"Acme \u00e4"})");
    const cli::ClientRequest requests[] = {
        {"GET", "/v1/customers"},
        {"GET", "/v1/customers", {{"limit", "0"}}},
        {"GET", "/v1/customers/nobody"},
        {"POST", "/v1/customers", {}, {}, "{"},
        {"POST", "/v1/customers", {}, {}, R"({"name":"x","unknown":1})"},
        {"GET", "/v1/keys", {{"customer", "no body/with?odd=chars"}}},
        {"GET", "/v1/meters"},
        {"POST", "/v1/query", {}, {}, R"({"sql":"SELECT 1 AS one, 'x' AS two"})"},
        {"POST", "/v1/query", {}, {}, R"({"sql":"DROP TABLE requests"})"},
        {"GET", "/v1/usage", {{"month", "2026-10"}, {"by", "path,status"}}},
        {"GET", "/v1/lake"},
        {"GET", "/v1/reconciliation"},
        {"GET", "/v1/openapi.json"},
        {"DELETE", "/v1/customers"},
        {"GET", "/nothing/here"},
    };
    for (const auto& request : requests) {
        const auto here = transport_->send(request);
        const auto there = (*http)->send(request);
        ASSERT_TRUE(here.ok() && there.ok()) << request.path;
        EXPECT_EQ(here->status, there->status) << request.path;
        EXPECT_EQ(here->body, there->body) << request.path;
        EXPECT_EQ(here->content_type, there->content_type) << request.path;
    }
}

TEST_F(SiteTest, NoErrorShowsTheFolderOrSql) {
    const cli::ClientRequest requests[] = {
        {"POST", "/v1/query", {}, {}, R"~({"sql":"SELECT * FROM read_csv('/etc/passwd')"})~"},
        {"POST", "/v1/query", {}, {}, R"({"sql":"SELECT nothing FROM requests"})"},
        {"POST", "/v1/query", {}, {}, R"({"sql":"SELECT 1","snapshot":"42"})"},
        {"GET", "/v1/errors/err_none"},
        {"GET", "/v1/usage", {{"by", "colour"}}},
    };
    for (const auto& request : requests) {
        const auto response = transport_->send(request);
        EXPECT_GE(response->status, 400) << request.body;
        EXPECT_LT(response->status, 500) << response->body;
        EXPECT_EQ(response->body.find(temp_.path().string()), std::string::npos) << response->body;
    }
}

TEST_F(SiteTest, StartsAndStopsAndDeliversWhatThereIs) {
    site_->start();
    EXPECT_TRUE(site_->stop());
    const JsonValue ledger = ask_json("GET", "/v1/reconciliation");
    EXPECT_TRUE(*ledger.find("balanced")->as_bool());
}

}  // namespace
}  // namespace tally::app
