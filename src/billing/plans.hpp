#pragma once

#include "accounts/page.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "billing/meters.hpp"
#include "rating/plan.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::billing {

enum class PlanStatus { kDraft, kPublished, kArchived };
enum class PlanFormat { kJson, kToml };

// One version of a price plan. The document never changes; the status moves draft -> published -> archived.
// Only published versions take new subscriptions; archived ones keep those that they have.
struct PlanVersion {
    PlanId id;         // plan_…, one for each version
    std::string code;  // the same for all versions of a plan
    int version = 1;   // from 1, no gaps
    PlanStatus status = PlanStatus::kDraft;
    std::string name;
    std::string currency;
    std::string document;  // the plan as compact JSON, members in the order given (from TOML: by name)
    std::string digest;    // SHA-256 of the document, hex
    Instant created_at;
    std::optional<Instant> published_at;
    std::optional<Instant> archived_at;
};

// A port: state/ implements it. Thread-safe; a write is durable when it returns success.
class PlanStore {
  public:
    virtual ~PlanStore() = default;
    // Gives the plan the next version number of its code and keeps it; the kept plan.
    [[nodiscard]] virtual Result<PlanVersion> insert_next(const PlanVersion& plan) = 0;
    // Writes status, published_at and archived_at. kNotFound.
    [[nodiscard]] virtual Status update_status(const PlanVersion& plan) = 0;
    [[nodiscard]] virtual Result<std::optional<PlanVersion>> find_by_id(const PlanId& id) = 0;
    [[nodiscard]] virtual Result<std::optional<PlanVersion>> find(std::string_view code, int version) = 0;
    // Of one code, newest first.
    [[nodiscard]] virtual Result<std::vector<PlanVersion>> versions(std::string_view code) = 0;
    // The newest version of each code.
    [[nodiscard]] virtual Result<accounts::Page<PlanVersion>> list(const accounts::PageRequest& page) = 0;
};

struct PlanDifference {
    std::string pointer;  // into the plan's JSON, e.g. "/charges/calls/tiers/0/unit"; charges by code
    std::optional<std::string> before;  // JSON text; nullopt = not there
    std::optional<std::string> after;
};

// The rules of plans. A reference is an id, a code (the newest published version, else the newest) or
// "code@version". Thread-safe; what it is given must outlive it.
class Plans {
  public:
    Plans(PlanStore& store, Meters& meters, const Clock& clock, RandomSource& random);

    // Reads a plan and checks it, also that its meters exist, without keeping it. Errors carry a JSON
    // pointer.
    Result<rating::Plan> validate(std::string_view text, PlanFormat format);
    // Keeps it as the next version of its code; published at once unless `draft`.
    Result<PlanVersion> create(std::string_view text, PlanFormat format, bool draft = false);
    Result<PlanVersion> publish(std::string_view reference);
    Result<PlanVersion> archive(std::string_view reference);
    Result<PlanVersion> find(std::string_view reference);
    Result<std::vector<PlanVersion>> versions(std::string_view code);
    Result<accounts::Page<PlanVersion>> list(const accounts::PageRequest& page);
    Result<std::vector<PlanDifference>> diff(std::string_view before, std::string_view after);

  private:
    PlanStore& store_;
    Meters& meters_;
    const Clock& clock_;
    RandomSource& random_;
};

// "draft", "published", "archived".
std::string_view plan_status_name(PlanStatus status);
Result<PlanStatus> parse_plan_status(std::string_view name);

// The plan that a kept version stands for. kCorruption when the kept document cannot be read any more.
Result<rating::Plan> read_plan_version(const PlanVersion& version);

}  // namespace tally::billing
