#include "model/request_record.hpp"

namespace tally {

std::string_view result_type_name(ResultType type) {
    switch (type) {
        case ResultType::kNone: return "";
        case ResultType::kHit: return "Hit";
        case ResultType::kRefreshHit: return "RefreshHit";
        case ResultType::kMiss: return "Miss";
        case ResultType::kLimitExceeded: return "LimitExceeded";
        case ResultType::kCapacityExceeded: return "CapacityExceeded";
        case ResultType::kError: return "Error";
        case ResultType::kRedirect: return "Redirect";
    }
    return "";
}

std::string_view detailed_result_name(DetailedResult detailed, ResultType type) {
    switch (detailed) {
        case DetailedResult::kSame: return result_type_name(type);
        case DetailedResult::kOriginConnectError: return "OriginConnectError";
        case DetailedResult::kOriginError: return "OriginError";
        case DetailedResult::kOriginReadError: return "OriginReadError";
        case DetailedResult::kClientHungUpRequest: return "ClientHungUpRequest";
        case DetailedResult::kClientCommError: return "ClientCommError";
        case DetailedResult::kInvalidRequest: return "InvalidRequest";
        case DetailedResult::kInvalidRequestMethod: return "InvalidRequestMethod";
        case DetailedResult::kRateExceeded: return "RateExceeded";
        case DetailedResult::kQuotaExceeded: return "QuotaExceeded";
        case DetailedResult::kStaleHit: return "StaleHit";
        case DetailedResult::kCreditExceeded: return "CreditExceeded";
    }
    return "";
}

std::string_view cache_status_name(CacheStatus status) {
    switch (status) {
        case CacheStatus::kNone: return "";
        case CacheStatus::kMiss: return "MISS";
        case CacheStatus::kBypass: return "BYPASS";
        case CacheStatus::kExpired: return "EXPIRED";
        case CacheStatus::kStale: return "STALE";
        case CacheStatus::kUpdating: return "UPDATING";
        case CacheStatus::kRevalidated: return "REVALIDATED";
        case CacheStatus::kHit: return "HIT";
        case CacheStatus::kScarce: return "SCARCE";
    }
    return "";
}

std::string_view auth_result_name(AuthResult result) {
    switch (result) {
        case AuthResult::kAnonymous: return "anonymous";
        case AuthResult::kIdentified: return "identified";
        case AuthResult::kMissingKey: return "missing_key";
        case AuthResult::kUnknownKey: return "unknown_key";
        case AuthResult::kRevokedKey: return "revoked_key";
        case AuthResult::kInvalidToken: return "invalid_token";
        case AuthResult::kExpiredToken: return "expired_token";
    }
    return "";
}

std::string_view capture_state_name(CaptureState state) {
    switch (state) {
        case CaptureState::kDone: return "done";
        case CaptureState::kInterrupted: return "interrupted";
    }
    return "";
}

}  // namespace tally
