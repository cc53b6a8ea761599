#pragma once

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "capture/capture_log.hpp"
#include "delivery/access_log_lines.hpp"
#include "model/geography.hpp"

#include <cstdint>
#include <string>

namespace tally::delivery {

struct AccessLogOptions {
    Path folder;                  // made when it is not there
    bool standard = false;        // standard/<distribution id>.YYYY-MM-DD-HH.<unique>.gz
    bool realtime = false;        // realtime/<distribution id>.YYYY-MM-DD-HH.<unique>.tsv
    bool gateway = false;         // apigateway/amazon-apigateway-<stage>-1-YYYY-MM-DD-HH-00-00-<unique>.json
    std::string distribution_id;  // letters and digits
    std::string stage = "prod";   // of the gateway files' names
    RealtimeSelection realtime_fields = sample_realtime_fields();
    std::size_t records_max = 16'384;  // in a file at most; bounds memory
    Geography* geography = nullptr;    // where callers are; outlives the logs. nullptr = unknown
};

struct AccessLogResult {
    std::uint64_t records = 0;
    std::uint64_t files = 0;
};

// Access logs in the formats of other systems, made from the capture log: a second taker of it beside
// delivery, with positions of its own. Each record stands in each kind of log exactly once over a kill at any
// point: the files of a step are written and synced under .pending, then positions.json names them and the
// new positions in one replacement, then they take their names; the next step finishes the last one. A file
// holds the records of one hour (UTC, of the request's start); an hour may have several files, and a late
// one. Not thread-safe.
class AccessLogs {
  public:
    // `log` and `files` must outlive it.
    AccessLogs(AccessLogOptions options, const capture::CaptureLog& log, FileSystem& files);

    // Where it stands: segments with records beyond must be kept. Where there is none yet, `start` is stored
    // as the positions to begin with: what was captured before is not written. kCorruption for a
    // positions.json that it has not written.
    Result<capture::Positions> open(const capture::Positions& start);

    // Writes what has been captured and completed since. After a failure nothing is lost: the next call tries
    // again.
    Result<AccessLogResult> write();

    // As open() returned them, or after the last step that was stored.
    [[nodiscard]] const capture::Positions& positions() const { return stored_.next; }

  private:
    struct PendingFile {
        std::string temporary;  // below .pending
        std::string name;       // below the folder
    };

    struct Step {
        capture::Positions next;
        std::vector<PendingFile> files;
    };

    [[nodiscard]] Path state_file() const;
    [[nodiscard]] Path pending_folder() const;
    Result<Step> read_state();
    Status store_state(const Step& step);
    Status finish();
    Status remove_leftovers();
    Status write_files(const capture::Scan& scan, Step& step);
    Status add_file(Step& step, std::string_view unique, std::string name, std::string_view content);

    const AccessLogOptions options_;
    const capture::CaptureLog& log_;
    FileSystem& files_;
    Step stored_;  // as in positions.json; its files may still be pending
};

}  // namespace tally::delivery
