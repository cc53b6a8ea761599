#include "api/edge_test.hpp"

#include "accounts/keys_json.hpp"
#include "accounts/quota_state.hpp"
#include "api/endpoint.hpp"
#include "base/json_value.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tally::api {
namespace {

constexpr const char* kQuestion =
    R"({"type":"object","additionalProperties":false,"properties":{"method":{"type":"string"},)"
    R"("path":{"type":"string"},"key":{"type":"string","description":"id or name"},)"
    R"("key_value":{"type":"string"}}})";

constexpr const char* kVerdict =
    R"({"type":"object","required":["status","reason","behavior","key","upstreams","edge"],"properties":{)"
    R"("status":{"type":"integer"},"reason":{"type":"string"},"behavior":{"type":"string"},)"
    R"("key":{"type":["object","null"]},"paid_ahead":{"type":["integer","null"]},"upstreams":{"type":"array","items":{"type":"string"}},)"
    R"("edge":{"type":"object"}}})";

struct Question {
    std::string method = "GET";
    std::string path = "/";
    std::string key;
    std::string key_value;

    [[nodiscard]] bool has_key() const { return !key.empty() || !key_value.empty(); }
};

struct Verdict {
    EdgeRoute route;
    std::optional<accounts::KeyWithLimits> key;
    std::optional<std::uint64_t> paid_ahead;
    int status = 200;  // of the edge; 200 = the upstream is asked
    std::string reason;
};

Result<Question> read_question(const Request& request) {
    TRY_ASSIGN(const JsonValue body, JsonValue::parse(request.body));
    if (body.as_object() == nullptr)
        return Error{ErrorCode::kInvalidArgument, "the body must be a JSON object"};
    Question question;
    for (const auto& [name, value] : *body.as_object()) {
        std::string* const field = name == "method"      ? &question.method
                                   : name == "path"      ? &question.path
                                   : name == "key"       ? &question.key
                                   : name == "key_value" ? &question.key_value
                                                         : nullptr;
        if (field == nullptr || value.as_string() == nullptr)
            return Error{ErrorCode::kInvalidArgument,
                         "\"" + name + "\" must be one of method, path, key, key_value, and a string",
                         "/" + name};
        *field = *value.as_string();
    }
    return question;
}

Result<std::optional<accounts::KeyWithLimits>> find_key(accounts::Keys& keys, const Question& question) {
    std::optional<accounts::ApiKey> key;
    if (!question.key_value.empty()) {
        TRY_ASSIGN(key, keys.identify(question.key_value));
    } else if (!question.key.empty()) {
        TRY_ASSIGN(key, keys.find(question.key));
    }
    if (!key)
        return std::optional<accounts::KeyWithLimits>();
    TRY_ASSIGN(accounts::KeyLimits limits, keys.limits(*key));
    return std::optional(accounts::KeyWithLimits{std::move(*key), std::move(limits)});
}

// In the order in which the edge decides.
void decide(Verdict& verdict, const Question& question, Instant now) {
    const auto refuse = [&verdict](int status, std::string reason) {
        verdict.status = status;
        verdict.reason = std::move(reason);
    };
    const auto& found = verdict.key;
    if (!verdict.route.method_allowed)
        return refuse(403, "the behavior does not take the method " + question.method);
    if (!question.has_key())
        return verdict.route.anonymous ? refuse(200, "a key is not needed") : refuse(403, "there is no key");
    if (!found)
        return refuse(403, "the key is unknown");
    if (found->key.status == accounts::KeyStatus::kRevoked)
        return refuse(403, "the key is revoked");
    if (found->key.expires_at && *found->key.expires_at <= now)
        return refuse(403, "the key has expired");
    if (found->limits.quota && found->limits.quota->remaining <= 0)
        return refuse(429, "the quota is used up");
    if (verdict.paid_ahead && *verdict.paid_ahead == 0)
        return refuse(429, "the customer's prepaid credit is spent");
    refuse(200, "the key is good; whether the throttle has a token shows when the request comes");
}

std::string verdict_to_json(const Verdict& verdict) {
    JsonWriter json;
    json.begin_object().field("status", std::int64_t{verdict.status}).field("reason", verdict.reason);
    json.field("behavior", verdict.route.behavior).field("anonymous", verdict.route.anonymous);
    json.field("cached", verdict.route.cached).field("durable", verdict.route.durable);
    json.key("upstreams").begin_array();
    for (const std::string& upstream : verdict.route.upstreams)
        json.string(upstream);
    json.end_array().key("key");
    if (verdict.key)
        json.raw(accounts::key_with_limits_to_json(*verdict.key));
    else
        json.null();
    json.key("paid_ahead");
    if (verdict.paid_ahead)
        json.number(static_cast<std::int64_t>(*verdict.paid_ahead));
    else
        json.null();
    json.key("edge").begin_object().field("url", verdict.route.url).field("running", verdict.route.running);
    json.end_object().end_object();
    return json.take();
}

}  // namespace

std::vector<Route> edge_test_routes(EdgeMap& edge, accounts::Keys& keys, PaidAhead paid_ahead,
                                    const Clock& clock) {
    const auto test = [&edge, &keys, paid_ahead = std::move(paid_ahead),
                       &clock](const Question& question) -> Result<Verdict> {
        Verdict verdict;
        TRY_ASSIGN(verdict.route, edge.route(question.method, question.path));
        TRY_ASSIGN(verdict.key, find_key(keys, question));
        if (verdict.key)
            verdict.paid_ahead = paid_ahead(verdict.key->key.customer);
        decide(verdict, question, clock.now());
        return verdict;
    };
    return {
        {"POST",
         "/v1/edge/test",
         Access::kAdmin,
         Cost::kQuick,
         "What a request would get at the edge: behavior, key, limits, upstream. The request is not made.",
         {},
         kQuestion,
         kVerdict,
         endpoint(read_question, test, verdict_to_json)}};
}

}  // namespace tally::api
