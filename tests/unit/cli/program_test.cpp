#include "cli/program.hpp"

#include <deque>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tally::cli {
namespace {

// Answers from a list and remembers what it was asked.
class ScriptedApi {
  public:
    std::deque<Result<ClientResponse>> answers;
    std::vector<ClientRequest> asked;

    class Transport final : public cli::Transport {
      public:
        explicit Transport(ScriptedApi& api) : api_(api) {}

        Result<ClientResponse> send(const ClientRequest& request) override {
            api_.asked.push_back(request);
            if (api_.answers.empty())
                return ClientResponse{200, "application/json", {}, "{}"};
            auto answer = std::move(api_.answers.front());
            api_.answers.pop_front();
            return answer;
        }

      private:
        ScriptedApi& api_;
    };
};

class RecordingLifecycle final : public Lifecycle {
  public:
    std::string called;
    Status result;

    Status note(const std::string& what, const Announce& announce) {
        called = what;
        if (result)
            announce(R"({"done":"yes"})");
        return result;
    }

    Status init(const std::string& dir, const Announce& a) override { return note("init " + dir, a); }

    Status up(const std::string& dir, bool detach, const Announce& a) override {
        return note("up " + dir + (detach ? " detached" : ""), a);
    }

    Status down(const std::string& dir, const Announce& a) override { return note("down " + dir, a); }

    Status serve(const std::string& dir, const Announce& a) override { return note("serve " + dir, a); }

    Status status(const std::string& dir, const Announce& a) override { return note("status " + dir, a); }

    Status teardown(const std::string& dir, bool dry_run, const Announce& a) override {
        return note("teardown " + dir + (dry_run ? " dry" : ""), a);
    }
};

class ProgramTest : public testing::Test {
  protected:
    int run(const std::vector<std::string>& words) {
        std::vector<const char*> argv{"tallyman"};
        for (const auto& word : words)
            argv.push_back(word.c_str());
        out_.str("");
        err_.str("");
        Surroundings surroundings;
        surroundings.connect = [this](const GlobalOptions& options) -> Result<std::unique_ptr<Transport>> {
            seen_options_ = options;
            if (connect_error_)
                return *connect_error_;
            return std::unique_ptr<Transport>(std::make_unique<ScriptedApi::Transport>(api_));
        };
        surroundings.connect_pure = [this](const GlobalOptions&) -> Result<std::unique_ptr<Transport>> {
            return std::unique_ptr<Transport>(std::make_unique<ScriptedApi::Transport>(pure_));
        };
        surroundings.lifecycle = &lifecycle_;
        surroundings.in = &in_;
        surroundings.out = &out_;
        surroundings.err = &err_;
        surroundings.version = "1.2.3";
        return run_program(static_cast<int>(argv.size()), argv.data(), surroundings);
    }

    void answer(int status, std::string body) {
        api_.answers.push_back(ClientResponse{status, "application/json", {}, std::move(body)});
    }

    // "METHOD /path?query body" of the only request.
    std::string asked() {
        EXPECT_EQ(api_.asked.size(), 1U);
        const auto request = api_.asked.empty() ? ClientRequest() : api_.asked.back();
        api_.asked.clear();
        return request.method + " " + request.path + query_string(request.query) + " " + request.body;
    }

    ScriptedApi api_;
    ScriptedApi pure_;
    RecordingLifecycle lifecycle_;
    GlobalOptions seen_options_;
    std::optional<Error> connect_error_;
    std::istringstream in_;
    std::ostringstream out_;
    std::ostringstream err_;
};

TEST_F(ProgramTest, EachCommandIsOneRequest) {
    struct Row {
        std::vector<std::string> words;
        std::string request;
    };

    const Row rows[] = {
        {{"customers", "create", "Acme Inc", "--external-id", "x", "--timezone", "Europe/Berlin"},
         R"(POST /v1/customers {"name":"Acme Inc","external_id":"x","timezone":"Europe/Berlin"})"},
        {{"customers", "show", "A/B"}, "GET /v1/customers/A%2FB "},
        {{"customers", "update", "Acme", "--name", "New"}, R"(PATCH /v1/customers/Acme {"name":"New"})"},
        {{"keys", "create", "--customer", "Acme", "--name", "web", "--usage-plan", "gold"},
         R"(POST /v1/keys {"customer":"Acme","name":"web","usage_plan":"gold"})"},
        {{"keys", "create", "--customer", "Acme", "--value", "old-key-value", "--yes-import"},
         R"(POST /v1/keys {"customer":"Acme","value":"old-key-value","import":true})"},
        {{"keys", "revoke", "key_1"}, "POST /v1/keys/key_1/revoke "},
        {{"keys", "rotate", "key_1", "--overlap-seconds", "60"},
         R"(POST /v1/keys/key_1/rotate {"overlap_seconds":60})"},
        {{"keys", "delete", "key_1"}, "DELETE /v1/keys/key_1 "},
        {{"keys", "update", "key_1", "--usage-plan", "gold", "--name", "web"},
         R"(PATCH /v1/keys/key_1 {"name":"web","usage_plan":"gold"})"},
        {{"keys", "update", "key_1", "--no-usage-plan"}, R"(PATCH /v1/keys/key_1 {"usage_plan":null})"},
        {{"usage-plans", "create", "gold"}, R"(POST /v1/usage-plans {"name":"gold"})"},
        {{"usage-plans", "create", "gold", "--rate", "0.5", "--burst", "20", "--quota", "1000",
          "--method-throttle", "GET /a=b*=5:10", "--method-throttle", "* /c=1.5:2"},
         R"(POST /v1/usage-plans {"name":"gold","throttle":{"rate_limit":0.5,"burst_limit":20},)"
         R"("quota":{"limit":1000,"period":"MONTH"},"method_throttles":[)"
         R"({"method":"GET","path":"/a=b*","rate_limit":5,"burst_limit":10},)"
         R"({"method":"*","path":"/c","rate_limit":1.5,"burst_limit":2}]})"},
        {{"usage-plans", "update", "gold", "--rate", "7", "--offset", "3", "--name", "big"},
         R"(PATCH /v1/usage-plans/gold {"name":"big","throttle":{"rate_limit":7},"quota":{"offset":3}})"},
        {{"usage-plans", "update", "gold", "--no-throttle", "--no-quota", "--no-method-throttles"},
         R"(PATCH /v1/usage-plans/gold {"throttle":null,"quota":null,"method_throttles":[]})"},
        {{"usage-plans", "usage", "gold"}, "GET /v1/usage-plans/gold/usage?limit=1000 "},
        {{"usage-plans", "delete", "gold"}, "DELETE /v1/usage-plans/gold "},
        {{"usage", "--month", "2026-10", "--by", "path,status", "--window", "day", "--customer", "Acme"},
         "GET /v1/usage?month=2026-10&customer=Acme&by=path%2Cstatus&window=day "},
        {{"query", "SELECT 1", "--as-of", "2026-10-01T00:00:00Z"},
         R"(POST /v1/query {"sql":"SELECT 1","as_of":"2026-10-01T00:00:00Z"})"},
        {{"meters", "show", "requests"}, "GET /v1/meters/requests "},
        {{"credits", "grant", "--customer", "Acme", "--amount", "10.00", "--currency", "EUR"},
         R"(POST /v1/credits {"customer_id":"Acme","amount":"10.00","currency":"EUR"})"},
        {{"credits", "list", "--customer", "Acme"}, "GET /v1/credits?customer_id=Acme&limit=1000 "},
        {{"credits", "balance", "--customer", "Acme"}, "GET /v1/credits/balance?customer_id=Acme "},
        {{"credits", "void", "crd_1", "--reason", "by mistake"},
         R"(POST /v1/credits/crd_1/void {"reason":"by mistake"})"},
        {{"credits", "end", "--customer", "Acme"}, R"(POST /v1/credits/end {"customer_id":"Acme"})"},
        {{"plans", "publish", "pro@2"}, "POST /v1/plans/pro%402/publish "},
        {{"plans", "diff", "pro@1", "pro@2"}, "GET /v1/plans/diff?before=pro%401&after=pro%402 "},
        {{"subscriptions", "create", "--customer", "Acme", "--plan", "pro", "--from", "2026-10-01"},
         R"(POST /v1/subscriptions {"customer":"Acme","plan":"pro","from":"2026-10-01"})"},
        {{"subscriptions", "cancel", "sub_1", "--at", "2026-10-01"},
         R"(POST /v1/subscriptions/sub_1/cancel {"at":"2026-10-01"})"},
        {{"invoice", "preview"}, "POST /v1/invoices/preview {}"},
        {{"invoice", "run", "--month", "2026-10", "--draft"},
         R"(POST /v1/invoices/run {"month":"2026-10","draft":true})"},
        {{"invoice", "finalize", "inv_1"}, "POST /v1/invoices/inv_1/finalize "},
        {{"invoice", "void", "INV-000001", "--reason", "wrong"},
         R"(POST /v1/invoices/INV-000001/void {"reason":"wrong"})"},
        {{"errors", "show", "err_1"}, "GET /v1/errors/err_1 "},
        {{"lake", "status"}, "GET /v1/lake "},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(run(row.words), kDone) << err_.str();
        EXPECT_EQ(asked(), row.request);
    }
}

TEST_F(ProgramTest, WrongUseIs2AndSaysWhatIsWrong) {
    struct Row {
        std::vector<std::string> words;
        std::string said;
    };

    const Row rows[] = {
        {{}, "subcommand"},
        {{"bogus"}, "no command \"bogus\""},
        {{"customers"}, "subcommand"},
        {{"customers", "bogus"}, "no command \"bogus\" for customers"},
        {{"customers", "create"}, "NAME"},
        {{"keys", "create"}, "--customer"},
        {{"customers", "list", "--bogus"}, "--bogus"},
        {{"--format", "xml", "customers", "list"}, "xml"},
        {{"query", "x", "--as-of", "t", "--snapshot", "1"}, "exclude"},
        {{"invoice", "run"}, "--month"},
        {{"usage-plans", "create", "x", "--rate", "ten"}, "no number"},
        {{"usage-plans", "create", "x", "--method-throttle", "/a=1:2"}, "METHOD PATH=RATE:BURST"},
        {{"usage-plans", "update", "x", "--quota", "1", "--no-quota"}, "exclude"},
        {{"keys", "update", "x", "--usage-plan", "p", "--no-usage-plan"}, "exclude"},
        {{"teardown"}, "--confirm"}};
    for (const Row& row : rows) {
        EXPECT_EQ(run(row.words), kWrongUse) << row.said;
        EXPECT_NE(err_.str().find(row.said), std::string::npos) << err_.str();
        EXPECT_EQ(out_.str(), "");
    }
    EXPECT_TRUE(api_.asked.empty());
}

TEST_F(ProgramTest, HelpAndVersionAreNoErrors) {
    EXPECT_EQ(run({"--help"}), kDone);
    EXPECT_NE(out_.str().find("customers"), std::string::npos);
    EXPECT_EQ(run({"--version"}), kDone);
    EXPECT_EQ(out_.str(), "tallyman 1.2.3\n");
}

TEST_F(ProgramTest, GlobalOptionsStandBeforeOrBehind) {
    EXPECT_EQ(run({"--dir", "/d", "--server", "http://s", "--format", "json", "lake", "status"}), kDone);
    EXPECT_EQ(seen_options_.dir, "/d");
    EXPECT_EQ(seen_options_.server, "http://s");
    EXPECT_EQ(run({"lake", "status", "--format", "json", "--dir", "/e"}), kDone);
    EXPECT_EQ(seen_options_.dir, "/e");
    EXPECT_EQ(run({"lake", "status"}), kDone);
    EXPECT_EQ(seen_options_.dir, "./tallyman-data");
}

TEST_F(ProgramTest, AProblemGoesToStderrWithItsPlace) {
    answer(
        400,
        R"({"detail":"up_to must rise","code":"invalid_argument","errors":[{"pointer":"/charges/0","detail":"x"}]})");
    EXPECT_EQ(run({"lake", "status"}), kFailed);
    EXPECT_EQ(err_.str(), "error: up_to must rise\n  at /charges/0\n");
    EXPECT_EQ(out_.str(), "");
}

TEST_F(ProgramTest, AnUnknownOutcomeIs3WhoeverSaysSo) {
    answer(503, R"({"detail":"look first","code":"unknown_outcome","incident":"inc_1"})");
    EXPECT_EQ(run({"invoice", "run", "--month", "2026-10"}), kUnknown);
    EXPECT_NE(err_.str().find("inc_1"), std::string::npos);
    api_.answers.push_back(Error{ErrorCode::kUnknownOutcome, "cut off"});
    EXPECT_EQ(run({"invoice", "run", "--month", "2026-10"}), kUnknown);
}

TEST_F(ProgramTest, NoWayToTheApiIs1) {
    connect_error_ = Error{ErrorCode::kNotFound, "no data folder"};
    EXPECT_EQ(run({"lake", "status"}), kFailed);
    EXPECT_EQ(err_.str(), "error: no data folder\n");
}

TEST_F(ProgramTest, AListIsReadToItsEnd) {
    answer(200, R"({"data":[{"id":"a"}],"next_cursor":"c1"})");
    answer(200, R"({"data":[{"id":"b"}],"next_cursor":null})");
    EXPECT_EQ(run({"--format", "json", "customers", "list"}), kDone);
    EXPECT_EQ(out_.str(), "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"next_cursor\":null}\n");
    ASSERT_EQ(api_.asked.size(), 2U);
    EXPECT_EQ(query_string(api_.asked[1].query), "?limit=1000&cursor=c1");
}

TEST_F(ProgramTest, ReconcileFlushesFirstAndIs4WhereItDoesNotBalance) {
    answer(200, "{}");
    answer(200, R"({"balanced":true,"sources":[]})");
    EXPECT_EQ(run({"reconcile"}), kDone);
    ASSERT_EQ(api_.asked.size(), 2U);
    EXPECT_EQ(api_.asked[0].path, "/v1/flush");
    answer(200, "{}");
    answer(200, R"({"balanced":false,"delivered":5,"rows":4,"sources":[{"source":"edge","gaps":1}]})");
    EXPECT_EQ(run({"--format", "json", "reconcile"}), kDifference);
    EXPECT_NE(out_.str().find("\"balanced\":false"), std::string::npos);
    EXPECT_NE(err_.str().find("5 delivered, the table 4 rows"), std::string::npos);
}

TEST_F(ProgramTest, ProveIs4AndNamesTheDifference) {
    answer(200, R"({"id":"inv_1","proved":true,"lines":[]})");
    EXPECT_EQ(run({"invoice", "prove", "inv_1"}), kDone);
    answer(200, R"({"id":"inv_1","proved":false,"differences":["hash: a, b"],)"
                R"("lines":[{"charge":"calls","proved":false,"difference":"rows: invoice 12, lake 13"}]})");
    EXPECT_EQ(run({"invoice", "prove", "inv_1"}), kDifference);
    EXPECT_NE(err_.str().find("calls: rows: invoice 12, lake 13"), std::string::npos);
    EXPECT_NE(err_.str().find("hash: a, b"), std::string::npos);
}

TEST_F(ProgramTest, PureCommandsAskNoDataFolder) {
    in_.str("{\"id\":1}\n{\"id\":2}\n");
    pure_.answers.push_back(
        ClientResponse{200, "application/x-ndjson", {{"tallyman-failed-lines", "1"}}, "one\ntwo\n"});
    EXPECT_EQ(run({"rate"}), kFailed);
    EXPECT_EQ(out_.str(), "one\ntwo\n");
    ASSERT_EQ(pure_.asked.size(), 1U);
    EXPECT_EQ(pure_.asked[0].path, "/v1/rate");
    EXPECT_EQ(pure_.asked[0].body, "{\"id\":1}\n{\"id\":2}\n");
    EXPECT_TRUE(api_.asked.empty());
}

TEST_F(ProgramTest, TheKeyIsPrintedOnStdoutAndTheWarningOnStderr) {
    answer(201, R"({"id":"key_1","key":"tm_live_x"})");
    EXPECT_EQ(run({"--format", "json", "keys", "create", "--customer", "c"}), kDone);
    EXPECT_EQ(out_.str(), "{\"id\":\"key_1\",\"key\":\"tm_live_x\"}\n");
    EXPECT_NE(err_.str().find("this once"), std::string::npos);
}

TEST_F(ProgramTest, LifecycleCommandsAreNoRequests) {
    EXPECT_EQ(run({"--format", "json", "init", "/d"}), kDone);
    EXPECT_EQ(lifecycle_.called, "init /d");
    EXPECT_EQ(out_.str(), "{\"done\":\"yes\"}\n");
    run({"--dir", "/e", "init"});
    EXPECT_EQ(lifecycle_.called, "init /e");
    run({"up", "--detach"});
    EXPECT_EQ(lifecycle_.called, "up ./tallyman-data detached");
    run({"down"});
    EXPECT_EQ(lifecycle_.called, "down ./tallyman-data");
    run({"serve"});
    EXPECT_EQ(lifecycle_.called, "serve ./tallyman-data");
    run({"status"});
    EXPECT_EQ(lifecycle_.called, "status ./tallyman-data");
    run({"teardown", "--dry-run"});
    EXPECT_EQ(lifecycle_.called, "teardown ./tallyman-data dry");
    lifecycle_.result = Error{ErrorCode::kUnavailable, "port in use"};
    EXPECT_EQ(run({"teardown", "--confirm"}), kFailed);
    EXPECT_EQ(err_.str(), "error: port in use\n");
    EXPECT_TRUE(api_.asked.empty());
}

TEST_F(ProgramTest, AMissingFileIsNamed) {
    EXPECT_EQ(run({"plans", "create", "/no/such/plan.json"}), kFailed);
    EXPECT_NE(err_.str().find("/no/such/plan.json"), std::string::npos);
    EXPECT_TRUE(api_.asked.empty());
}

}  // namespace
}  // namespace tally::cli
