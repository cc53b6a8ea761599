#include "app/issuer/jwks_refresh.hpp"

#include <algorithm>
#include <utility>

namespace tally::app {

JwksRefresh::JwksRefresh(edge::JwksFile& file, Fetch fetch, Say say, const Clock& clock,
                         JwksIntervals intervals)
    : file_(file),
      fetch_(std::move(fetch)),
      say_(std::move(say)),
      clock_(clock),
      intervals_(intervals),
      retry_(intervals.first_retry) {}

bool JwksRefresh::is_time(Microseconds now) const {
    if (fetches_ == 0 || now >= next_at_)
        return true;
    return file_.unknown_kids() != unknown_kids_seen_ && now >= fetched_at_ + intervals_.unknown_kid;
}

Status JwksRefresh::step() {
    const Microseconds now = clock_.monotonic();
    if (!is_time(now))
        return outcome_;
    ++fetches_;
    fetched_at_ = now;
    outcome_ = refresh();
    // Tokens that came while it was fetched were held against the old keys, too.
    unknown_kids_seen_ = file_.unknown_kids();
    if (outcome_.ok()) {
        retry_ = intervals_.first_retry;
        next_at_ = now + intervals_.refresh;
    } else {
        next_at_ = now + retry_;
        retry_ = std::min(2 * retry_, intervals_.unknown_kid);
    }
    return outcome_;
}

Status JwksRefresh::refresh() {
    TRY_ASSIGN(const std::string json, fetch_());
    TRY_ASSIGN(const edge::Jwks set, edge::parse_jwks(json));
    report(set);
    const Instant now = clock_.now();
    return file_.publish(set.keys, now, now + intervals_.usable);
}

// Once, not every four minutes.
void JwksRefresh::report(const edge::Jwks& set) {
    std::string text;
    for (const std::string& one : set.skipped)
        text += (text.empty() ? "" : "; ") + one;
    if (text != said_ && !text.empty())
        say_("left out of the issuer's keys: " + text);
    said_ = text;
}

}  // namespace tally::app
