#pragma once

#include "api/edge_test.hpp"
#include "api/ports.hpp"
#include "app/config.hpp"
#include "app/data_folder.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "edge/nginx_process.hpp"

#include <memory>

namespace tally::app {

// nginx's counters of what it could not capture.
Path uncaptured_counters_file(const DataFolder& folder);
Path key_table_file(const DataFolder& folder);
Path plan_table_file(const DataFolder& folder);
Path limit_file(const DataFolder& folder);

// The nginx of a data folder, as its configuration wants it. kNotFound when nginx or the module is not
// installed. `clock` must outlive it.
Result<std::unique_ptr<edge::NginxProcess>> make_nginx(const DataFolder& folder, const Config& config,
                                                       const Clock& clock);

// The same, good for looking at a running nginx and for stopping it, whatever is installed.
edge::NginxProcess running_nginx(const DataFolder& folder, const Config& config, const Clock& clock);

// Where the edge answers; the pid of a running nginx, 0 = it does not run.
api::Endpoint edge_endpoint(const DataFolder& folder, const Config& config, const Clock& clock);

// api -> edge: what the configuration says of a request. `clock` must outlive it.
class ConfiguredEdge final : public api::EdgeMap {
  public:
    ConfiguredEdge(const DataFolder& folder, const Config& config, const Clock& clock)
        : folder_(folder), config_(config), clock_(clock) {}

    [[nodiscard]] Result<api::EdgeRoute> route(std::string_view method, std::string_view path) override;

  private:
    DataFolder folder_;
    Config config_;
    const Clock& clock_;
};

}  // namespace tally::app
