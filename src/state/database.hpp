#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "state/connection.hpp"

#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

namespace tally::state {

// The connection behind its mutex, as stores use it. Thread-safe; `work` must not call read or write again.
class Database {
  public:
    // `clock` must outlive it.
    Database(std::unique_ptr<Connection> connection, const Clock& clock)
        : clock_(clock), connection_(std::move(connection)) {}

    [[nodiscard]] const Clock& clock() const { return clock_; }

    // The Result of work(Connection&); each statement sees what is committed at its own start.
    template <class Work>
    auto read(Work work) {
        const std::lock_guard lock(mutex_);
        return work(*connection_);
    }

    // Runs work(Connection&) as one transaction: committed when it returns a value, rolled back when it
    // returns an error.
    template <class Work>
    auto write(Work work) -> decltype(work(std::declval<Connection&>())) {
        const std::lock_guard lock(mutex_);
        TRY(connection_->begin());
        auto result = work(*connection_);
        if (!result.has_value()) {
            connection_->rollback();
            return result;
        }
        TRY(connection_->commit());
        return result;
    }

    // Appends to the audit chain; call inside write(), after the change that it tells of.
    Status audit(Connection& connection, std::string_view action, std::string_view subject,
                 std::string_view detail);

  private:
    const Clock& clock_;
    std::mutex mutex_;
    std::unique_ptr<Connection> connection_;  // guarded by mutex_
};

}  // namespace tally::state
