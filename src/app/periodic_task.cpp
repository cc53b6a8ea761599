#include "app/periodic_task.hpp"

#include <utility>

namespace tally::app {

PeriodicTask::PeriodicTask(Microseconds interval, std::function<void()> work)
    : interval_(interval), work_(std::move(work)), thread_([this] { run(); }) {}

PeriodicTask::~PeriodicTask() {
    stop();
}

void PeriodicTask::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

void PeriodicTask::run() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, interval_, [this] { return stopping_; })) {
        lock.unlock();
        work_();
        lock.lock();
    }
}

}  // namespace tally::app
