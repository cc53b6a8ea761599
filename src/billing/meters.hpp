#pragma once

#include "accounts/page.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "model/meter.hpp"

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace tally::billing {

// A meter as it is kept. Versions never change; only `archived_at` is ever written again.
struct StoredMeter {
    Meter meter;
    Instant created_at;  // the epoch for built-in meters
    std::optional<Instant>
        archived_at;  // archived meters still prove old invoices, but no new plan may name them
    bool built_in = false;
};

// A port: state/ implements it. Thread-safe; a write is durable when it returns success.
class MeterStore {
  public:
    virtual ~MeterStore() = default;
    // kAlreadyExists when that version of the code is there.
    [[nodiscard]] virtual Status insert(const StoredMeter& meter) = 0;
    // Writes archived_at to every version of the code. kNotFound.
    [[nodiscard]] virtual Status archive(std::string_view code, Instant at) = 0;
    // The version, or with nullopt the newest one.
    [[nodiscard]] virtual Result<std::optional<StoredMeter>> find(std::string_view code,
                                                                  std::optional<int> version) = 0;
    [[nodiscard]] virtual Result<std::optional<StoredMeter>> find_by_id(const MeterId& id) = 0;
    // The newest version of each code.
    [[nodiscard]] virtual Result<accounts::Page<StoredMeter>> list(const accounts::PageRequest& page) = 0;
};

// Checks a definition against the lake's columns (usage::check_meter); app binds it.
using MeterCheck = std::function<Status(const Meter&)>;

// The definitions of what is counted: the built-in ones and those that were created. Thread-safe; what it is
// given must outlive it.
class Meters {
  public:
    Meters(MeterStore& store, std::vector<Meter> built_in, MeterCheck check, const Clock& clock,
           RandomSource& random);

    // `wanted.id` and `wanted.version` are ignored: a code that is there already gets its next version.
    // kAlreadyExists for the code of a built-in meter.
    Result<StoredMeter> create(const Meter& wanted);
    // By id or code, the newest version. kNotFound.
    Result<StoredMeter> find(std::string_view reference);
    Result<StoredMeter> find_version(std::string_view code, int version);
    // The built-in meters stand on the first page, before the created ones.
    Result<accounts::Page<StoredMeter>> list(const accounts::PageRequest& page);
    Result<StoredMeter> archive(std::string_view reference);

  private:
    MeterStore& store_;
    std::vector<Meter> built_in_;
    MeterCheck check_;
    const Clock& clock_;
    RandomSource& random_;
};

}  // namespace tally::billing
