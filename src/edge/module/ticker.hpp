#pragma once

#include "edge/module/ngx.hpp"

namespace tally::edge {

// Calls a function at a steady pace out of nginx's event loop, from start() to stop(), also while the worker
// finishes its last requests. By a descriptor of the kernel's rather than by nginx's tree of timers: each
// request puts timers of its own into that tree and takes them out again, and pays for one more node in it.
//
// Takes one of the worker's connections. Used by nginx's one thread only.
class Ticker {
  public:
    // 0, or the errno of what failed; then nothing is called.
    int start(ngx_msec_t period, ngx_event_handler_pt handler, ngx_log_t* log);

    // Takes the call in; the handler's first act.
    void take() const;

    void stop();

  private:
    ngx_connection_t* connection_ = nullptr;
};

}  // namespace tally::edge
