#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

namespace tally::api {

// How many requests each route answered with each status. Thread-safe. Routes are counted by their pattern,
// so no request can add a new series.
class RequestCounters {
  public:
    struct Count {
        std::string method;
        std::string pattern;
        int status = 0;
        std::uint64_t requests = 0;
    };

    void add(const std::string& method, const std::string& pattern, int status) {
        const std::lock_guard lock(mutex_);
        ++counts_[{method, pattern, status}];
    }

    [[nodiscard]] std::vector<Count> all() const {
        const std::lock_guard lock(mutex_);
        std::vector<Count> out;
        for (const auto& [key, requests] : counts_)
            out.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), requests});
        return out;
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::tuple<std::string, std::string, int>, std::uint64_t> counts_;  // guarded by mutex_
};

}  // namespace tally::api
