#include "base/error.hpp"

namespace tally {

std::string_view error_code_name(ErrorCode code) {
    switch (code) {
        case ErrorCode::kInvalidArgument: return "invalid_argument";
        case ErrorCode::kNotFound: return "not_found";
        case ErrorCode::kAlreadyExists: return "already_exists";
        case ErrorCode::kConflict: return "conflict";
        case ErrorCode::kUnauthorized: return "unauthorized";
        case ErrorCode::kForbidden: return "forbidden";
        case ErrorCode::kResourceExhausted: return "resource_exhausted";
        case ErrorCode::kIo: return "io";
        case ErrorCode::kCorruption: return "corruption";
        case ErrorCode::kUnavailable: return "unavailable";
        case ErrorCode::kUnknownOutcome: return "unknown_outcome";
        case ErrorCode::kUnsupported: return "unsupported";
        case ErrorCode::kDifference: return "difference";
        case ErrorCode::kInternal: return "internal";
    }
    return "internal";
}

Error Error::within(std::string_view doing) const {
    return {code, std::string(doing) + ": " + message, pointer};
}

}  // namespace tally
