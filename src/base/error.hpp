#pragma once

#include <string>
#include <string_view>

namespace tally {

// What a caller can decide on. `kUnknownOutcome` is not a kind of failure: the change may or may not have
// happened, so it must be looked up before anything is retried or undone.
enum class ErrorCode {
    kInvalidArgument,    // the input is wrong; the message says where and what would be right
    kNotFound,           // what was named does not exist
    kAlreadyExists,      // a unique name is taken
    kConflict,           // the state changed underneath (lost compare-and-swap); retry from a fresh read
    kUnauthorized,       // who is asking is not known
    kForbidden,          // who is asking may not
    kResourceExhausted,  // disk full, limit reached, quota spent
    kIo,                 // the operating system refused
    kCorruption,         // bytes fail their checksum or break their format
    kUnavailable,        // a peer or lock is not there now; the same call may succeed later
    kUnknownOutcome,     // asked, but the answer was lost
    kUnsupported,        // well formed, but not something this build does
    kDifference,         // a check ran and what it compared is not equal
    kInternal,           // our own mistake
};

// The name used in JSON and logs, e.g. "invalid_argument".
std::string_view error_code_name(ErrorCode code);

// An operating error: code for programs, message for people, pointer for the place in a document.
// Messages carry the values that matter and the way out; they never carry a secret.
struct Error {
    ErrorCode code = ErrorCode::kInternal;
    std::string message;
    std::string pointer =
        {};  // JSON pointer (RFC 6901) or "line:column" of the cause; empty when there is none

    // The same error seen from further out: "opening the lake: <message>".
    [[nodiscard]] Error within(std::string_view doing) const;
};

}  // namespace tally
