#pragma once

#include "lake/catalog.hpp"

#include <map>
#include <mutex>

namespace tally::test {

// A catalog that lives as long as the test: the real compare-and-swap, without a database behind it.
class MemoryPointerStore : public lake::TablePointerStore {
  public:
    Result<std::optional<std::string>> current(std::string_view table) override {
        const std::lock_guard lock(mutex_);
        const auto found = pointers_.find(table);
        if (found == pointers_.end())
            return std::optional<std::string>{};
        return std::optional<std::string>{found->second};
    }

    Status swap(std::string_view table, const std::optional<std::string>& expected,
                std::string_view next) override {
        const std::lock_guard lock(mutex_);
        const auto found = pointers_.find(table);
        const bool holds = expected.has_value() ? found != pointers_.end() && found->second == *expected
                                                : found == pointers_.end();
        if (!holds)
            return Error{ErrorCode::kConflict, "the pointer of " + std::string(table) + " is another by now"};
        pointers_.insert_or_assign(std::string(table), std::string(next));
        return {};
    }

    Result<std::vector<std::string>> tables() override {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> names;
        for (const auto& [name, location] : pointers_)
            names.push_back(name);
        return names;
    }

  private:
    std::mutex mutex_;
    std::map<std::string, std::string, std::less<>> pointers_;
};

}  // namespace tally::test
