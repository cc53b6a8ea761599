#pragma once

#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "capture/capture_log.hpp"
#include "delivery/delivery_state.hpp"
#include "delivery/error_output.hpp"
#include "delivery/row_order.hpp"
#include "lake/table.hpp"

#include <string>
#include <vector>

namespace tally::delivery {

// The records of one scan on their way into the table. One thread.
class Batch {
  public:
    // `scan` must outlive it. `kept`: where the scan came to, without the writers that are gone. `now` is the
    // time of detection of whatever is wrong.
    Batch(const capture::Scan& scan, capture::Positions kept, Instant now);

    // Damages and records that cannot become rows, as the error output keeps them. Reads the damaged bytes.
    [[nodiscard]] std::vector<ErrorRecord> errors(FileSystem& files) const;

    // Writes the rows to data files and commits them, the positions and the ledger in one snapshot.
    //   kConflict        somebody else delivered since `state` was read: nothing was committed, scan again
    //   kUnknownOutcome  it may or may not be in the table: read the table again before anything else
    //   any other        nothing was committed
    // Data files are removed again only when it is certain that no snapshot refers to them.
    Result<DeliveryStep> commit(const DeliveryState& state, const lake::Table& table, FileSystem& files,
                                RandomSource& random) const;

  private:
    [[nodiscard]] BatchFacts facts() const;
    Status write_files(const lake::Table& table, std::vector<lake::DataFile>& written) const;

    const capture::Scan& scan_;
    capture::Positions kept_;
    Instant now_;
    std::vector<const RequestRecord*> rows_;
    std::vector<const RequestRecord*> refused_;
};

// A record as one JSON object, columns by name: what the error output keeps of a record that cannot be a row.
std::string row_to_json(const RequestRecord& record);

}  // namespace tally::delivery
