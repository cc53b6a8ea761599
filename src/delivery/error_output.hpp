#pragma once

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tally::delivery {

// What could not be delivered, with all that is needed to find out why and to send it again.
struct ErrorRecord {
    std::string id;        // err_…
    Instant at;            // when it was found
    std::string source;    // "edge"
    std::string reason;    // a sentence
    std::string position;  // where it stood: file name and byte offset, or the record's id
    std::uint64_t records = 0;
    std::string raw;  // the bytes, secrets masked, at most kErrorRawBytesMax; base64 in JSON
    bool operator==(const ErrorRecord&) const = default;
};

inline constexpr std::size_t kErrorRawBytesMax = 64 * 1024;

// The id of the error at a place: the same place has the same id in every run, so that what is written again
// after a crash can be told from what is new.
std::string error_id(std::string_view source, std::string_view position);

// One line of the error output, without its line end.
std::string error_to_json(const ErrorRecord& error);
Result<ErrorRecord> error_from_json(std::string_view line);

// Writes a batch's errors to errors_folder/<day of `now`>/after-<base>.jsonl, durable when it returns. `base`
// names the commit that the batch follows, empty for the first: a batch tried again after a crash or a lost
// race finds that file, on whatever day, and adds only what is not in it yet. Format:
// docs/formats/error-output.md.
Status write_errors(FileSystem& files, const Path& errors_folder, std::string_view base,
                    const std::vector<ErrorRecord>& errors, Instant now);

// The error output, newest first. Each id once. A folder that does not exist holds none.
Result<std::vector<ErrorRecord>> list_errors(FileSystem& files, const Path& errors_folder, std::size_t limit);
// kNotFound says so.
Result<ErrorRecord> find_error(FileSystem& files, const Path& errors_folder, std::string_view id);

}  // namespace tally::delivery
