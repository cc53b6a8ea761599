#pragma once

#include "edge_site.hpp"
#include "faulty_disk.hpp"

#include <string>
#include <string_view>

namespace tally::test {

// An EdgeSite whose nginx syncs through a FaultyDisk, with each kind of answer twice: below /plain/ and below
// /durable/, where the answer waits for the disk.
class DurableSite : public EdgeSite {
  protected:
    DurableSite();
    ~DurableSite() override;

    // `kinds` are locations, each "name { directives }\n"; none = those of every_kind(). `server` goes into
    // the server as it is.
    void start_durable(std::string_view kinds = "", std::string_view server = "");

    [[nodiscard]] std::string every_kind() const;

    // Syncs stop before they do anything, until release().
    void hold();
    void release();
    // Waits until a sync is held.
    void wait_for_sync() const;

    void fail_next_sync();

    [[nodiscard]] std::uint32_t value(const std::uint32_t& field) const;

    [[nodiscard]] std::string request(std::string_view method, std::string_view target,
                                      std::string_view more = "") const;

    FaultyDisk* disk_ = nullptr;
};

}  // namespace tally::test
