#include "edge/module/ticker.hpp"

#include <cerrno>
#include <cstdint>

#include <sys/timerfd.h>
#include <unistd.h>

namespace tally::edge {
namespace {

int make_timer(ngx_msec_t period, int& fd) {
    fd = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0)
        return errno;
    const timespec pace = {static_cast<time_t>(period / 1000), static_cast<long>(period % 1000) * 1'000'000};
    const itimerspec setting = {pace, pace};
    if (::timerfd_settime(fd, 0, &setting, nullptr) == 0)
        return 0;
    const int error = errno;
    ::close(fd);
    return error;
}

}  // namespace

int Ticker::start(ngx_msec_t period, ngx_event_handler_pt handler, ngx_log_t* log) {
    int fd = -1;
    if (const int error = make_timer(period, fd); error != 0)
        return error;
    connection_ = ngx_get_connection(fd, log);
    if (connection_ == nullptr) {
        ::close(fd);
        return EMFILE;
    }
    ngx_event_t* const event = connection_->read;
    event->handler = handler;
    event->log = log;
    if (ngx_add_event(event, NGX_READ_EVENT, NGX_LEVEL_EVENT) == NGX_OK)
        return 0;
    stop();
    return EIO;
}

void Ticker::take() const {
    std::uint64_t calls = 0;
    while (::read(connection_->fd, &calls, sizeof calls) < 0 && errno == EINTR)
        continue;
}

void Ticker::stop() {
    if (connection_ != nullptr)
        ngx_close_connection(connection_);
    connection_ = nullptr;
}

}  // namespace tally::edge
