#pragma once

#include "base/result.hpp"
#include "capture/capture_log.hpp"
#include "lake/table.hpp"
#include "query/query_engine.hpp"
#include "query/views.hpp"

#include <string>
#include <vector>

namespace tally::query {

// What a query reads: the files of one snapshot and the records captured beyond it. Together they hold every
// record once. Owns the mapped segments of the records.
struct LoadedCut {
    DataPaths files;
    std::vector<capture::Scan> tail;  // in the order they were read
};

// The cut that was asked for. For the newest one the log is scanned from the positions that the current
// snapshot names, while the log keeps its segments: delivery may commit meanwhile, which changes nothing
// about this snapshot and its positions, but it cannot remove what is about to be read. Only the process that
// holds the data folder removes segments, and it does so through the same CaptureLog. kConflict when somebody
// else took a segment away.
Result<LoadedCut> load_cut(const capture::CaptureLog& log, const lake::Table& table, const Cut& wanted);

// How far the log had been taken when `state` was current: from its current snapshot or, when another engine
// committed that one (a rewrite adds no records), from the nearest ancestor that delivery wrote. Empty iff
// nothing was ever delivered. kCorruption when the ancestors that would say so have expired.
Result<capture::Positions> positions_of(const lake::TableState& state);

}  // namespace tally::query
