#pragma once

#include "app/config.hpp"
#include "app/data_folder.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <memory>

namespace tally::app {

// Where nginx's workers find the token issuer's keys.
Path issuer_keys_file(const DataFolder& folder);

// The part of the server that keeps them there up to date; app/issuer/jwks_refresh.hpp.
class IssuerKeys {
  public:
    // Null where no issuer is configured. `clock` must outlive it.
    static Result<std::unique_ptr<IssuerKeys>> open(const DataFolder& folder, const Config& config,
                                                    const Clock& clock);
    ~IssuerKeys();
    IssuerKeys(const IssuerKeys&) = delete;
    IssuerKeys& operator=(const IssuerKeys&) = delete;

    // Call about once a second from one thread; may take seconds, when it fetches. The outcome of the latest
    // fetch.
    Status step();

  private:
    struct Impl;
    explicit IssuerKeys(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::app
