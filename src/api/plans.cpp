#include "billing/plans.hpp"

#include "api/endpoint.hpp"
#include "api/resources.hpp"
#include "billing/plans_json.hpp"

namespace tally::api {
namespace {

constexpr const char* kPlan =
    R"({"type":"object","required":["id","code","version","status"],"properties":{"id":{"type":"string"},)"
    R"("code":{"type":"string"},"version":{"type":"integer"},"status":{"enum":["draft","published","archived"]},)"
    R"("name":{"type":"string"},"currency":{"type":"string"},"digest":{"type":"string"},)"
    R"("plan":{"type":"object"}}})";

constexpr const char* kPlanDocument =
    R"({"type":"object","required":["code","currency","charges"],"properties":{"code":{"type":"string"},)"
    R"("name":{"type":"string"},"currency":{"type":"string"},"charges":{"type":"array"}}})";

struct PlanText {
    std::string text;
    billing::PlanFormat format = billing::PlanFormat::kJson;
    bool draft = false;
};

struct TwoPlans {
    std::string before;
    std::string after;
};

bool is_toml(const Request& request) {
    return request.header("content-type").starts_with("application/toml");
}

Result<PlanText> read_text(const Request& request) {
    const std::string draft = request.query_value("draft").value_or("false");
    if (draft != "true" && draft != "false")
        return Error{ErrorCode::kInvalidArgument, "draft=\"" + draft + "\" is neither true nor false"};
    return PlanText{request.body, is_toml(request) ? billing::PlanFormat::kToml : billing::PlanFormat::kJson,
                    draft == "true"};
}

Result<TwoPlans> read_two(const Request& request) {
    TwoPlans two{request.query_value("before").value_or(""), request.query_value("after").value_or("")};
    if (two.before.empty() || two.after.empty())
        return Error{ErrorCode::kInvalidArgument,
                     "name two plans: ?before=…&after=…, each as id, code or code@version"};
    return two;
}

std::string versions_to_json(const std::vector<billing::PlanVersion>& versions) {
    return list_to_json(versions, "", [](JsonWriter& json, const billing::PlanVersion& version) {
        json.raw(billing::plan_to_json(version));
    });
}

// Routes that keep a plan or move its status.
std::vector<Route> keeping_routes(billing::Plans& plans) {
    const auto create = [&plans](const PlanText& in) { return plans.create(in.text, in.format, in.draft); };
    const auto publish = [&plans](const std::string& id) { return plans.publish(id); };
    const auto archive = [&plans](const std::string& id) { return plans.archive(id); };
    return {
        {"POST",
         "/v1/plans",
         Access::kAdmin,
         Cost::kQuick,
         "Keeps a plan (JSON, or TOML with content type application/toml) as the next version of its code.",
         {{"draft", "true: not published yet"}},
         kPlanDocument,
         kPlan,
         endpoint(read_text, create, billing::plan_to_json, 201),
         201},
        {"POST",
         "/v1/plans/{id}/publish",
         Access::kAdmin,
         Cost::kQuick,
         "Publishes a draft: it takes subscriptions from now on.",
         {},
         "",
         kPlan,
         endpoint(read_id, publish, billing::plan_to_json)},
        {"POST",
         "/v1/plans/{id}/archive",
         Access::kAdmin,
         Cost::kQuick,
         "Archives a plan: it keeps its subscriptions and takes no new ones.",
         {},
         "",
         kPlan,
         endpoint(read_id, archive, billing::plan_to_json)},
    };
}

// Routes that change nothing.
std::vector<Route> reading_routes(billing::Plans& plans) {
    const auto validate = [&plans](const PlanText& in) { return plans.validate(in.text, in.format); };
    const auto list = [&plans](const accounts::PageRequest& page) { return plans.list(page); };
    const auto find = [&plans](const std::string& id) { return plans.find(id); };
    const auto versions = [&plans](const std::string& id) { return plans.versions(id); };
    const auto diff = [&plans](const TwoPlans& two) { return plans.diff(two.before, two.after); };
    return {
        {"POST",
         "/v1/plans/validate",
         Access::kAdmin,
         Cost::kQuick,
         "Checks a plan without keeping it.",
         {},
         kPlanDocument,
         kAnyObject,
         endpoint(read_text, validate, billing::valid_plan_to_json)},
        {"GET",
         "/v1/plans/diff",
         Access::kAdmin,
         Cost::kQuick,
         "What differs between two plans or versions.",
         {{"before", "id, code or code@version"}, {"after", "id, code or code@version"}},
         "",
         kAnyObject,
         endpoint(read_two, diff, billing::plan_differences_to_json)},
        {"GET", "/v1/plans", Access::kAdmin, Cost::kQuick, "The newest version of each plan.",
         page_parameters(), "", kListSchema, endpoint(read_page, list, billing::plans_to_json)},
        {"GET",
         "/v1/plans/{id}",
         Access::kAdmin,
         Cost::kQuick,
         "One plan, by id, code (the newest published version) or code@version.",
         {},
         "",
         kPlan,
         endpoint(read_id, find, billing::plan_to_json)},
        {"GET",
         "/v1/plans/{id}/versions",
         Access::kAdmin,
         Cost::kQuick,
         "All versions of a code, newest first.",
         {},
         "",
         kListSchema,
         endpoint(read_id, versions, versions_to_json)},
    };
}

}  // namespace

std::vector<Route> plan_routes(billing::Plans& plans) {
    auto routes = keeping_routes(plans);
    for (Route& route : reading_routes(plans))
        routes.push_back(std::move(route));
    return routes;
}

}  // namespace tally::api
