#pragma once

#include "base/clock.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace tally::app {

// Runs a function again and again on a thread of its own, `interval` after its last end, until it is stopped.
class PeriodicTask {
  public:
    PeriodicTask(Microseconds interval, std::function<void()> work);
    // As stop().
    ~PeriodicTask();
    PeriodicTask(const PeriodicTask&) = delete;
    PeriodicTask& operator=(const PeriodicTask&) = delete;

    // Returns when the work that is under way has ended.
    void stop();

  private:
    void run();

    const Microseconds interval_;
    const std::function<void()> work_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;  // guarded by mutex_
    std::thread thread_;
};

}  // namespace tally::app
