#pragma once

#include "model/quota_period.hpp"

#include <cstdint>

namespace tally::edge {

// Which calendar period a moment falls into, remembered until the period ends: working out a month anew for
// each request would cost more than all the counting. One thread. Free of the C++ library.
class QuotaClock {
  public:
    // Before 2025-01-01 no Tallyman ran: a clock that says so has not been set yet.
    static constexpr std::int64_t kEarliestUs = 1'735'689'600'000'000;

    static bool believed(std::int64_t wall_us) { return wall_us >= kEarliestUs; }

    // quota_period_number().
    std::int64_t number(QuotaPeriod period, std::int64_t wall_us) {
        Span& span = spans_[static_cast<unsigned>(period)];
        if (wall_us < span.from_us || wall_us >= span.to_us) [[unlikely]]
            span = span_at(period, wall_us);
        return span.number;
    }

  private:
    struct Span {
        std::int64_t from_us = 0;
        std::int64_t to_us = 0;
        std::int64_t number = 0;
    };

    static Span span_at(QuotaPeriod period, std::int64_t wall_us) {
        const std::int64_t number = quota_period_number(period, wall_us);
        return {quota_period_start_us(period, number), quota_period_start_us(period, number + 1), number};
    }

    Span spans_[3];
};

}  // namespace tally::edge
