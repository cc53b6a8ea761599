#pragma once

#include "api/ports.hpp"
#include "api/router.hpp"
#include "app/config.hpp"
#include "app/data_folder.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

#include <memory>

namespace tally::app {

// What every site has of the machine; must outlive it.
struct Machine {
    FileSystem& files;
    Clock& clock;
    RandomSource& random;
};

// One data folder at work: the composition root. Builds every part in the order of the data's way and hands
// them to each other; nothing else in the program knows them all. Holds the folder's lock.
class Site {
  public:
    // kUnsupported for a folder of a newer version; other errors name the part that cannot be opened.
    static Result<std::unique_ptr<Site>> open(const DataFolder& folder, FolderLock lock, const Config& config,
                                              const Machine& machine);
    // Stops what start() started, then closes the parts in reverse order.
    ~Site();

    [[nodiscard]] api::Router& router();

    // Call it before nginx is started, so that the edge can tell what each key may still do. Nothing is lost
    // on failure, but keys with limits are answered 503 until a call succeeds.
    Status prepare_edge();

    // Delivery, sync of the capture log and expiry of keys, each on a thread of its own.
    void start();
    // Ends the threads and delivers what is captured. The error says what is left in the capture log, where
    // it is safe.
    Status stop();

    // Where the server answers; said by whoever runs one.
    void set_server(const api::Endpoint& server);

  private:
    struct Impl;
    explicit Site(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// The pure routes alone, for which there is no data folder. `random` must outlive it.
std::unique_ptr<api::Router> make_pure_router(RandomSource& random, Secret token);

inline constexpr const char* kVersion = TALLYMAN_VERSION;

}  // namespace tally::app
