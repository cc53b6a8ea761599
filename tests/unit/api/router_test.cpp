#include "api/router.hpp"

#include "base/json_value.hpp"
#include "base/random.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace tally::api {
namespace {

constexpr const char* kToken = "tma_0123456789012345678901234567890123456789";

// Remembers answers in memory, as the port promises.
class MemoryIdempotency final : public accounts::IdempotencyStore {
  public:
    Result<std::optional<accounts::SavedAnswer>> begin(std::string_view key,
                                                       std::string_view digest) override {
        const auto [entry, is_new] = entries_.try_emplace(std::string(key), Entry{std::string(digest), {}});
        if (is_new)
            return std::optional<accounts::SavedAnswer>();
        if (entry->second.digest != digest)
            return Error{ErrorCode::kConflict, "another request"};
        if (!entry->second.answer)
            return Error{ErrorCode::kUnavailable, "in progress"};
        return entry->second.answer;
    }

    Status finish(std::string_view key, const accounts::SavedAnswer& answer) override {
        entries_.at(std::string(key)).answer = answer;
        return {};
    }

    Status abandon(std::string_view key) override {
        entries_.erase(std::string(key));
        return {};
    }

    struct Entry {
        std::string digest;
        std::optional<accounts::SavedAnswer> answer;
    };

    std::map<std::string, Entry> entries_;
};

class RouterTest : public testing::Test {
  protected:
    RouterTest() : router_(options()) {
        router_.add({
            route("GET", "/v1/things", Access::kAdmin, [](const Request&) { return text("list"); }),
            route("GET", "/v1/things/{id}", Access::kAdmin,
                  [](const Request& r) { return text("thing " + r.parameter("id")); }),
            route("GET", "/v1/things/special", Access::kAdmin,
                  [](const Request&) { return text("special"); }),
            route("GET", "/own", Access::kKeyHolder,
                  [](const Request& r) { return text("of " + r.caller_key_id); }),
            route("GET", "/local", Access::kLoopback, [](const Request&) { return text("local"); }),
            route("GET", "/open", Access::kOpen, [](const Request&) { return text("open"); }),
            route("POST", "/v1/count", Access::kAdmin,
                  [this](const Request&) -> Result<Response> {
                      ++made_;
                      if (fails_)
                          return *fails_;
                      Response response{
                          201, "application/json", {}, "made " + std::to_string(made_) + " secret", {}};
                      response.body_to_keep = "made " + std::to_string(made_);
                      return response;
                  }),
            route("GET", "/broken", Access::kAdmin,
                  [](const Request&) -> Result<Response> {
                      return Error{ErrorCode::kNotFound, "cannot open /data/folder/lake/x: no such file"};
                  }),
        });
    }

    RouterOptions options() {
        RouterOptions options;
        options.admin_token = Secret(kToken);
        options.find_key = [](std::string_view key) -> std::optional<std::string> {
            return key == "tm_live_known" ? std::optional<std::string>("key_1") : std::nullopt;
        };
        options.idempotency = &idempotency_;
        options.on_failure = [this](std::string_view incident, const Request&, const Error& error) {
            log_ += std::string(incident) + " " + error.message + "\n";
        };
        options.private_text = "/data/folder";
        options.random = &random_;
        return options;
    }

    static Result<Response> text(std::string body) {
        return Response{200, "text/plain", {}, std::move(body), {}};
    }

    static Route route(std::string method, std::string pattern, Access access, Handler handler) {
        return {std::move(method), std::move(pattern), access, Cost::kQuick, "", {{"limit", ""}}, "{}", "",
                std::move(handler)};
    }

    static Request request(std::string method, std::string_view target, const std::string& token = kToken) {
        Request out;
        out.method = std::move(method);
        EXPECT_TRUE(set_target(out, target));
        if (!token.empty())
            out.headers["authorization"] = "Bearer " + token;
        return out;
    }

    Response send(std::string method, std::string_view target, const std::string& token = kToken) {
        return router_.handle(request(std::move(method), target, token));
    }

    Response post_with_key(const std::string& key, std::string body = "{}") {
        Request post = request("POST", "/v1/count");
        post.headers["idempotency-key"] = key;
        post.body = std::move(body);
        return router_.handle(std::move(post));
    }

    SystemRandom random_;
    MemoryIdempotency idempotency_;
    std::string log_;
    int made_ = 0;
    std::optional<Error> fails_;
    Router router_;
};

TEST_F(RouterTest, FindsRoutesAndParameters) {
    EXPECT_EQ(send("GET", "/v1/things").body, "list");
    EXPECT_EQ(send("GET", "/v1/things/a%2Fb%20c").body, "thing a/b c");
    EXPECT_EQ(send("GET", "/v1/things/special").body, "special");
}

TEST_F(RouterTest, UnknownAddressesAndMethods) {
    for (const char* target : {"/", "/v1", "/v1/things/", "/v1/things/a/b", "/V1/things", "//v1/things"})
        EXPECT_EQ(send("GET", target).status, 404) << target;
    const auto response = send("DELETE", "/v1/things");
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.headers.at(0), (std::pair<std::string, std::string>("Allow", "GET")));
}

TEST_F(RouterTest, EachAccessLetsInWhomItNames) {
    struct Row {
        const char* target;
        std::string token;
        bool loopback;
        int status;
    };

    const std::string wrong = std::string(kToken).replace(10, 1, "x");
    const Row rows[] = {
        {"/v1/things", "", true, 401},
        {"/v1/things", wrong, true, 401},
        {"/v1/things", "tm_live_known", true, 403},
        {"/v1/things", kToken, false, 200},
        {"/own", "", true, 401},
        {"/own", "tm_live_other", true, 401},
        {"/own", "tm_live_known", false, 200},
        {"/own", kToken, false, 200},
        {"/local", "", true, 200},
        {"/local", "", false, 401},
        {"/local", kToken, false, 200},
        {"/open", "", false, 200},
    };
    for (const Row& row : rows) {
        Request asked = request("GET", row.target, row.token);
        asked.from_loopback = row.loopback;
        EXPECT_EQ(router_.handle(asked).status, row.status) << row.target << " " << row.token;
    }
}

TEST_F(RouterTest, AKeyHolderIsKnownByItsKeysId) {
    EXPECT_EQ(send("GET", "/own", "tm_live_known").body, "of key_1");
    Request by_header = request("GET", "/own", "");
    by_header.headers["x-api-key"] = "tm_live_known";
    EXPECT_EQ(router_.handle(by_header).body, "of key_1");
}

TEST_F(RouterTest, TheSchemeOfTheTokenIsReadWithoutCase) {
    Request asked = request("GET", "/v1/things", "");
    for (const char* prefix : {"Bearer ", "bearer ", "BEARER "}) {
        asked.headers["authorization"] = prefix + std::string(kToken);
        EXPECT_EQ(router_.handle(asked).status, 200) << prefix;
    }
    for (const char* prefix : {"Basic ", "Bearer", ""}) {
        asked.headers["authorization"] = prefix + std::string(kToken);
        EXPECT_EQ(router_.handle(asked).status, 401) << prefix;
    }
}

TEST_F(RouterTest, UnknownQueryParametersAreNamed) {
    const auto response = send("GET", "/v1/things?limt=5");
    EXPECT_EQ(response.status, 400);
    EXPECT_NE(response.body.find("limt"), std::string::npos);
    EXPECT_NE(response.body.find("this route takes limit"), std::string::npos);
}

TEST_F(RouterTest, AnIdempotencyKeyGivesTheSameAnswerAndDoesNothingTwice) {
    EXPECT_EQ(post_with_key("k1").body, "made 1 secret");
    const auto again = post_with_key("k1");
    EXPECT_EQ(again.body, "made 1");  // kept without the secret
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(made_, 1);
    EXPECT_EQ(post_with_key("k1", R"({"other":1})").status, 409);
    EXPECT_EQ(post_with_key("k2").body, "made 2 secret");
    EXPECT_EQ(post_with_key(std::string(256, 'k')).status, 400);
}

TEST_F(RouterTest, AFailureOfOursMayBeTriedAgainUnderTheSameKey) {
    fails_ = Error{ErrorCode::kUnavailable, "busy"};
    EXPECT_EQ(post_with_key("k1").status, 503);
    fails_.reset();
    EXPECT_EQ(post_with_key("k1").status, 201);
}

TEST_F(RouterTest, AnUnknownOutcomeMayNotBeTriedAgainUnderTheSameKey) {
    fails_ = Error{ErrorCode::kUnknownOutcome, "lost"};
    EXPECT_EQ(post_with_key("k1").status, 503);
    fails_.reset();
    EXPECT_EQ(post_with_key("k1").status, 503);
    EXPECT_EQ(made_, 1);
}

TEST_F(RouterTest, TheDataFoldersPathStaysInside) {
    const auto response = send("GET", "/broken");
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body.find("/data/folder"), std::string::npos) << response.body;
    const std::string incident(JsonValue::parse(response.body)->text_of("incident"));
    EXPECT_EQ(incident.rfind("inc_", 0), 0U);
    EXPECT_NE(log_.find(incident + " cannot open /data/folder"), std::string::npos) << log_;
}

TEST_F(RouterTest, CountsByPatternSoThatNobodyCanAddASeries) {
    for (int i = 0; i < 100; ++i) {
        send("GET", "/nowhere/" + std::to_string(i));
        send("METHOD" + std::to_string(i), "/v1/things");
        send("GET", "/v1/things/" + std::to_string(i));
    }
    const auto counts = router_.counters().all();
    EXPECT_EQ(counts.size(), 3U);  // no route, wrong method, things/{id}
}

}  // namespace
}  // namespace tally::api
