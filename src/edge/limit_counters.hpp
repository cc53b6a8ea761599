#pragma once

#include "edge/plan_table_format.hpp"

#include <cstdint>

// The arithmetic of the words in the limit file: each decision is one compare-and-swap, so any number of
// workers takes exactly what is there, and one that dies has taken all of its step or nothing. Free of the
// C++ library, because the nginx module uses it.
namespace tally::edge {

enum class Taken : std::uint8_t { kYes, kNo };

// A token bucket is one word: the moment at which it will be full again (TAT, in nanoseconds of
// CLOCK_MONOTONIC; 0 = full). Taking a token moves it on by the interval, and may not move it further ahead
// of now than the bucket's whole tolerance. The clock knows no jumps and starts with the machine, as the file
// does.
//
// `clock` gives the time now, in nanoseconds. It is asked only when the word lies further ahead than this
// bucket can put it, which means that another plan's bucket was here: then the bucket starts empty, and
// refills at its new rate.
template <class Clock>
inline Taken take_token(std::uint64_t& word, const BucketShape& shape, std::uint64_t now_ns, Clock clock) {
    std::uint64_t full_at = __atomic_load_n(&word, __ATOMIC_RELAXED);
    for (;;) {
        const std::uint64_t from = full_at > now_ns ? full_at : now_ns;
        const std::uint64_t next = from + shape.interval_ns;
        if (next - now_ns <= shape.tolerance_ns) [[likely]] {
            if (__atomic_compare_exchange_n(&word, &full_at, next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
                return Taken::kYes;
            continue;
        }
        if (full_at - now_ns <= shape.tolerance_ns)
            return Taken::kNo;
        // Read after the word: no worker with this plan can have put it further than this.
        const std::uint64_t furthest = clock() + shape.tolerance_ns;
        if (full_at <= furthest ||
            __atomic_compare_exchange_n(&word, &full_at, furthest, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return Taken::kNo;
    }
}

// A quota counter is one word: the period's number in the upper 16 bits, what was used of it plus
// kQuotaBias in the lower 48; 0 = never used. The bias lets the used number be negative, for keys that were
// granted more than their limit.
inline constexpr int kQuotaPeriodShift = 48;
inline constexpr std::int64_t kQuotaPeriodMax = 0xFFFF;
inline constexpr std::int64_t kQuotaBias = std::int64_t{1} << 47;

inline std::uint64_t quota_word(std::int64_t period, std::int64_t used) {
    return static_cast<std::uint64_t>(period) << kQuotaPeriodShift |
           static_cast<std::uint64_t>(used + kQuotaBias);
}

inline std::int64_t quota_word_period(std::uint64_t word) {
    return static_cast<std::int64_t>(word >> kQuotaPeriodShift);
}

inline std::int64_t quota_word_used(std::uint64_t word) {
    return static_cast<std::int64_t>(word & ((std::uint64_t{1} << kQuotaPeriodShift) - 1)) - kQuotaBias;
}

// What a request is measured with.
struct QuotaRule {
    std::int64_t limit;
    std::int64_t offset;        // taken off the limit in first_period
    std::int64_t first_period;  // of the key under its plan
    std::int64_t period;        // that the request falls into
    bool clock_believed;        // false: the wall clock cannot be right, so `period` says nothing
};

// The period that the next request is counted in, given what stands there. Periods only move on, so a clock
// that is set back neither opens an old period again nor starts one twice. A counter that is more than one
// period ahead, though, comes from a clock that was far ahead, or from a plan with other periods, and would
// lock or spoil the key for long: it is started anew.
inline std::int64_t counted_period(std::uint64_t word, const QuotaRule& rule) {
    const std::int64_t stored = quota_word_period(word);
    if (stored == rule.period || word == 0)
        return rule.period;
    if (!rule.clock_believed || stored == rule.period + 1)
        return stored;
    return rule.period;
}

// What may be used in `period` by this rule.
inline std::int64_t quota_limit_in(std::int64_t period, const QuotaRule& rule) {
    return rule.limit - (period == rule.first_period ? rule.offset : 0);
}

// Whether another request fits; what stands in `word` then becomes `next`.
inline bool next_quota_word(std::uint64_t word, const QuotaRule& rule, std::uint64_t& next) {
    std::int64_t period = quota_word_period(word);
    if (period != rule.period || word == 0) [[unlikely]] {
        const bool goes_on = word != 0 && period == counted_period(word, rule);
        period = goes_on ? period : rule.period;
        word = goes_on ? word : quota_word(period, 0);
    }
    next = word + 1;
    return quota_word_used(next) <= quota_limit_in(period, rule);
}

inline bool has_quota(const std::uint64_t& word, const QuotaRule& rule) {
    std::uint64_t next = 0;
    return next_quota_word(__atomic_load_n(&word, __ATOMIC_RELAXED), rule, next);
}

inline Taken take_quota(std::uint64_t& word, const QuotaRule& rule) {
    std::uint64_t seen = __atomic_load_n(&word, __ATOMIC_RELAXED);
    std::uint64_t next = 0;
    do {
        if (!next_quota_word(seen, rule, next))
            return Taken::kNo;
    } while (!__atomic_compare_exchange_n(&word, &seen, next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return Taken::kYes;
}

// Undoes one take_quota() with this rule, unless another period has begun.
inline void give_back_quota(std::uint64_t& word, const QuotaRule& rule) {
    std::uint64_t seen = __atomic_load_n(&word, __ATOMIC_RELAXED);
    do {
        if (counted_period(seen, rule) != quota_word_period(seen))
            return;
    } while (!__atomic_compare_exchange_n(&word, &seen, seen - 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

inline bool has_credit(const std::uint64_t& granted, const std::uint64_t& used) {
    return __atomic_load_n(&used, __ATOMIC_RELAXED) < __atomic_load_n(&granted, __ATOMIC_RELAXED);
}

inline Taken take_credit(const std::uint64_t& granted, std::uint64_t& used) {
    std::uint64_t seen = __atomic_load_n(&used, __ATOMIC_RELAXED);
    do {
        if (seen >= __atomic_load_n(&granted, __ATOMIC_RELAXED))
            return Taken::kNo;
    } while (!__atomic_compare_exchange_n(&used, &seen, seen + 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return Taken::kYes;
}

}  // namespace tally::edge
