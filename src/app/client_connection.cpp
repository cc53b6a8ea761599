#include "app/client_connection.hpp"

#include "app/data_folder.hpp"
#include "app/in_process_transport.hpp"
#include "cli/http_transport.hpp"

#include <cstdlib>
#include <optional>
#include <thread>

#include <signal.h>

namespace tally::app {
namespace {

constexpr std::chrono::seconds kPatience{10};

// A transport that keeps what it speaks to.
class OwnSite final : public cli::Transport {
  public:
    OwnSite(std::unique_ptr<Site> site, Secret token)
        : site_(std::move(site)), transport_(site_->router(), std::move(token)) {}

    [[nodiscard]] Result<cli::ClientResponse> send(const cli::ClientRequest& request) override {
        return transport_.send(request);
    }

  private:
    std::unique_ptr<Site> site_;
    InProcessTransport transport_;
};

class OwnRouter final : public cli::Transport {
  public:
    OwnRouter(std::unique_ptr<api::Router> router, Secret token)
        : router_(std::move(router)), transport_(*router_, std::move(token)) {}

    [[nodiscard]] Result<cli::ClientResponse> send(const cli::ClientRequest& request) override {
        return transport_.send(request);
    }

  private:
    std::unique_ptr<api::Router> router_;
    InProcessTransport transport_;
};

Result<Secret> token_for_named_server(const cli::GlobalOptions& options) {
    // One thread runs here yet, so nobody changes the environment.
    if (const char* token = std::getenv("TALLYMAN_TOKEN"); token != nullptr)  // NOLINT(concurrency-mt-unsafe)
        return Secret(token);
    const auto folder = DataFolder::open(options.dir);
    if (!folder)
        return Error{ErrorCode::kUnauthorized, "no token for " + options.server +
                                                   ": set TALLYMAN_TOKEN, or name a data folder with --dir"};
    return folder->admin_token();
}

bool is_alive(const ServerRecord& server) {
    return ::kill(static_cast<pid_t>(server.pid), 0) == 0 || errno == EPERM;
}

// The server that runs, or the lock that says that none does.
struct Found {
    std::optional<ServerRecord> server;
    std::optional<FolderLock> lock;
};

Result<Found> find(const DataFolder& folder, const Machine& machine) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
        if (auto server = find_server(machine.files, folder); server && is_alive(*server))
            return Found{std::move(server), {}};
        auto lock = FolderLock::take(folder);
        if (lock)
            return Found{{}, std::move(*lock)};
        if (lock.error().code != ErrorCode::kUnavailable || std::chrono::steady_clock::now() >= deadline)
            return lock.error();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

}  // namespace

Result<std::unique_ptr<cli::Transport>> connect(const cli::GlobalOptions& options, const Machine& machine) {
    if (!options.server.empty()) {
        TRY_ASSIGN(auto token, token_for_named_server(options));
        TRY_ASSIGN(auto transport, cli::HttpTransport::make(options.server, std::move(token)));
        return std::unique_ptr<cli::Transport>(std::move(transport));
    }
    TRY_ASSIGN(const auto folder, DataFolder::open(options.dir));
    TRY_ASSIGN(auto token, folder.admin_token());
    TRY_ASSIGN(auto found, find(folder, machine));
    if (found.server) {
        TRY_ASSIGN(auto transport, cli::HttpTransport::make(found.server->url, std::move(token)));
        return std::unique_ptr<cli::Transport>(std::move(transport));
    }
    TRY_ASSIGN(const auto config, folder.config(machine.files));
    // What a killed server left behind names nobody any more.
    static_cast<void>(machine.files.remove(folder.server_file()));
    TRY_ASSIGN(auto site, Site::open(folder, std::move(*found.lock), config, machine));
    site->set_server({config.api.listen.url(), 0});
    return std::unique_ptr<cli::Transport>(std::make_unique<OwnSite>(std::move(site), std::move(token)));
}

std::unique_ptr<cli::Transport> connect_pure(const Machine& machine) {
    Secret token(random_base62(machine.random, 32));
    return std::make_unique<OwnRouter>(make_pure_router(machine.random, token), token);
}

}  // namespace tally::app
