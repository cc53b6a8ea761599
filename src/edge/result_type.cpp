#include "edge/result_type.hpp"

namespace tally::edge {
namespace {

DetailedResult detail_of_upstream_error(const RequestOutcome& outcome) {
    if (!outcome.upstream_connected)
        return DetailedResult::kOriginConnectError;
    return outcome.upstream_answered ? DetailedResult::kOriginError : DetailedResult::kOriginReadError;
}

// What nginx answers by itself to a request that it cannot or will not read.
DetailedResult detail_of_own_error(unsigned status) {
    switch (status) {
        case 405: return DetailedResult::kInvalidRequestMethod;
        case 400:
        case 408:
        case 411:
        case 413:
        case 414:
        case 417:
        case 421:
        case 431:
        case 494:
        case 495:
        case 496:
        case 497:
        case 505: return DetailedResult::kInvalidRequest;
        default: return DetailedResult::kSame;
    }
}

DetailedResult detail_of_error(const RequestOutcome& outcome) {
    if (outcome.status == 499)
        return DetailedResult::kClientHungUpRequest;
    if (outcome.refusal == Refusal::kMethodNotAllowed)
        return DetailedResult::kInvalidRequestMethod;
    if (outcome.refusal != Refusal::kNone)
        return DetailedResult::kSame;
    if (outcome.upstream_used)
        return outcome.status >= 500 ? detail_of_upstream_error(outcome) : DetailedResult::kSame;
    return detail_of_own_error(outcome.status);
}

}  // namespace

Classification classify(const RequestOutcome& outcome) {
    const bool plain = outcome.status < 400 && !outcome.client_gone && outcome.upstream_used &&
                       outcome.refusal == Refusal::kNone && outcome.cache_status == CacheStatus::kNone;
    if (plain) [[likely]]
        return {ResultType::kMiss, DetailedResult::kSame};
    switch (outcome.refusal) {
        case Refusal::kNoRoom: return {ResultType::kCapacityExceeded, DetailedResult::kSame};
        case Refusal::kThrottled: return {ResultType::kLimitExceeded, DetailedResult::kRateExceeded};
        case Refusal::kQuotaExceeded: return {ResultType::kLimitExceeded, DetailedResult::kQuotaExceeded};
        case Refusal::kCreditExceeded: return {ResultType::kLimitExceeded, DetailedResult::kCreditExceeded};
        default: break;
    }
    if (outcome.status >= 400)
        return {ResultType::kError, detail_of_error(outcome)};
    if (outcome.client_gone)
        return {ResultType::kError, DetailedResult::kClientCommError};
    if (outcome.https_redirect && !outcome.upstream_used)
        return {ResultType::kRedirect, DetailedResult::kSame};
    switch (outcome.cache_status) {
        case CacheStatus::kHit: return {ResultType::kHit, DetailedResult::kSame};
        case CacheStatus::kRevalidated: return {ResultType::kRefreshHit, DetailedResult::kSame};
        case CacheStatus::kStale:
        case CacheStatus::kUpdating: return {ResultType::kHit, DetailedResult::kStaleHit};
        default: return {ResultType::kMiss, DetailedResult::kSame};
    }
}

}  // namespace tally::edge
