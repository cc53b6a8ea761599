#include "billing/plans.hpp"

#include "accounts/sha256.hpp"
#include "billing/plan_checks.hpp"
#include "billing/plan_diff.hpp"
#include "rating/document.hpp"
#include "rating/plan_json.hpp"

#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace tally::billing {

namespace {

// "code@3" in two; nullopt when there is no version behind it.
struct VersionedCode {
    std::string_view code;
    int version = 0;
};

std::optional<VersionedCode> split_reference(std::string_view reference) {
    const std::size_t at = reference.rfind('@');
    if (at == std::string_view::npos)
        return std::nullopt;
    VersionedCode split{.code = reference.substr(0, at)};
    const char* end = reference.data() + reference.size();
    const auto [stop, failed] = std::from_chars(reference.data() + at + 1, end, split.version);
    if (failed != std::errc() || stop != end || split.version < 1)
        return std::nullopt;
    return split;
}

Error no_plan(std::string_view reference) {
    return Error{
        ErrorCode::kNotFound,
        fmt::format("no plan has the id or code \"{}\" (a version is named code@version)", reference)};
}

// The document as the plan gives it, whatever it was written in.
Result<rating::Document> parse_document(std::string_view text, PlanFormat format) {
    return format == PlanFormat::kJson ? rating::Document::parse_json(text)
                                       : rating::Document::parse_toml(text);
}

}  // namespace

std::string_view plan_status_name(PlanStatus status) {
    switch (status) {
        case PlanStatus::kDraft: return "draft";
        case PlanStatus::kPublished: return "published";
        case PlanStatus::kArchived: return "archived";
    }
    return "";
}

Result<PlanStatus> parse_plan_status(std::string_view name) {
    for (const PlanStatus status : {PlanStatus::kDraft, PlanStatus::kPublished, PlanStatus::kArchived})
        if (name == plan_status_name(status))
            return status;
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("\"{}\" is no status of a plan; there are draft, published and archived", name)};
}

Plans::Plans(PlanStore& store, Meters& meters, const Clock& clock, RandomSource& random)
    : store_(store), meters_(meters), clock_(clock), random_(random) {}

Result<rating::Plan> Plans::validate(std::string_view text, PlanFormat format) {
    TRY_ASSIGN(rating::Plan plan,
               format == PlanFormat::kJson ? rating::parse_plan_json(text) : rating::parse_plan_toml(text));
    TRY(check_plan_meters(plan, meters_));
    return plan;
}

Result<PlanVersion> Plans::create(std::string_view text, PlanFormat format, bool draft) {
    TRY_ASSIGN(const rating::Plan plan, validate(text, format));
    TRY_ASSIGN(const rating::Document document, parse_document(text, format));
    PlanVersion version;
    version.id = PlanId(make_id(random_, "plan_"));
    version.code = plan.code;
    version.status = draft ? PlanStatus::kDraft : PlanStatus::kPublished;
    version.name = plan.name;
    version.currency = plan.currency;
    version.document = document.json();
    version.digest = accounts::sha256_hex(version.document);
    version.created_at = clock_.now();
    if (!draft)
        version.published_at = version.created_at;
    return store_.insert_next(version);
}

Result<PlanVersion> Plans::publish(std::string_view reference) {
    TRY_ASSIGN(PlanVersion version, find(reference));
    // A bare code means its newest version here: the one published already has nothing left to publish.
    if (version.code == reference) {
        TRY_ASSIGN(const std::vector<PlanVersion> all, versions(reference));
        version = all.front();
    }
    if (version.status == PlanStatus::kPublished)
        return version;
    if (version.status == PlanStatus::kArchived)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("{}@{} is archived; create the plan again for a new version", version.code,
                                 version.version)};
    version.status = PlanStatus::kPublished;
    version.published_at = clock_.now();
    TRY(store_.update_status(version));
    return version;
}

Result<PlanVersion> Plans::archive(std::string_view reference) {
    TRY_ASSIGN(PlanVersion version, find(reference));
    if (version.status == PlanStatus::kArchived)
        return version;
    version.status = PlanStatus::kArchived;
    version.archived_at = clock_.now();
    TRY(store_.update_status(version));
    return version;
}

Result<PlanVersion> Plans::find(std::string_view reference) {
    TRY_ASSIGN(std::optional<PlanVersion> by_id, store_.find_by_id(PlanId(std::string(reference))));
    if (by_id)
        return std::move(*by_id);
    if (const std::optional<VersionedCode> split = split_reference(reference)) {
        TRY_ASSIGN(std::optional<PlanVersion> exact, store_.find(split->code, split->version));
        if (exact)
            return std::move(*exact);
    }
    TRY_ASSIGN(std::vector<PlanVersion> all, store_.versions(reference));
    for (PlanVersion& version : all)
        if (version.status == PlanStatus::kPublished)
            return std::move(version);
    if (all.empty())
        return no_plan(reference);
    return std::move(all.front());
}

Result<std::vector<PlanVersion>> Plans::versions(std::string_view code) {
    TRY_ASSIGN(std::vector<PlanVersion> all, store_.versions(code));
    if (all.empty())
        return no_plan(code);
    return all;
}

Result<accounts::Page<PlanVersion>> Plans::list(const accounts::PageRequest& page) {
    TRY(accounts::check_page(page));
    return store_.list(page);
}

Result<std::vector<PlanDifference>> Plans::diff(std::string_view before, std::string_view after) {
    TRY_ASSIGN(const PlanVersion old_version, find(before));
    TRY_ASSIGN(const PlanVersion new_version, find(after));
    return diff_plans(old_version.document, new_version.document);
}

Result<rating::Plan> read_plan_version(const PlanVersion& version) {
    const Error broken{ErrorCode::kCorruption, fmt::format("the kept document of plan {}@{} was changed",
                                                           version.code, version.version)};
    if (accounts::sha256_hex(version.document) != version.digest)
        return broken;
    Result<rating::Plan> plan = rating::parse_plan_json(version.document);
    if (!plan.ok())
        return Error{ErrorCode::kCorruption, broken.message + ": " + plan.error().message};
    return plan;
}

}  // namespace tally::billing
