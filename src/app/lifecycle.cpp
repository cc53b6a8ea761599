#include "app/lifecycle.hpp"

#include "app/data_folder.hpp"
#include "app/edge_control.hpp"
#include "app/server_process.hpp"
#include "base/json_writer.hpp"

#include <cerrno>

#include <signal.h>

namespace tally::app {
namespace {

constexpr std::chrono::seconds kStopPatience{60};  // the last delivery may be a large one

struct Known {
    DataFolder folder;
    Config config;
};

Result<Known> open(const std::string& dir, FileSystem& files) {
    TRY_ASSIGN(auto folder, DataFolder::open(dir));
    TRY_ASSIGN(auto config, folder.config(files));
    return Known{std::move(folder), std::move(config)};
}

api::Endpoint server_endpoint(const Known& known, FileSystem& files) {
    const auto server = find_server(files, known.folder);
    return server ? api::Endpoint{server->url, server->pid} : api::Endpoint{known.config.api.listen.url(), 0};
}

std::string status_json(const Known& known, const Machine& machine) {
    return deployment_json(server_endpoint(known, machine.files),
                           edge_endpoint(known.folder, known.config, machine.clock));
}

Status stop_server(const Known& known, const ServerRecord& server) {
    if (::kill(static_cast<pid_t>(server.pid), SIGTERM) != 0 && errno != ESRCH)
        return io_error("stop process " + std::to_string(server.pid) + ", the server of", known.folder.root(),
                        errno);
    const auto lock = FolderLock::wait_for(known.folder, kStopPatience);
    if (lock)
        return {};
    return Error{ErrorCode::kUnknownOutcome, "process " + std::to_string(server.pid) +
                                                 " was told to stop and has not "
                                                 "ended yet; ask again with: tallyman --dir " +
                                                 known.folder.root().string() + " status"};
}

std::uint64_t size_of(const Path& path) {
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error))
        return std::filesystem::file_size(path, error);
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path, error))
        if (entry.is_regular_file(error))
            bytes += entry.file_size(error);
    return bytes;
}

Result<std::string> removal_json(const DataFolder& folder, bool dry_run, FileSystem& files) {
    TRY_ASSIGN(const auto names, files.list(folder.root()));
    std::uint64_t bytes = 0;
    JsonWriter json;
    json.begin_object().field("folder", folder.root().string()).field("removed", !dry_run);
    json.key("contents").begin_array();
    for (const std::string& name : names) {
        json.string(name);
        bytes += size_of(folder.root() / name);
    }
    json.end_array().field("bytes", static_cast<std::int64_t>(bytes)).end_object();
    return json.take();
}

}  // namespace

Status Lifecycle::init(const std::string& dir, const Announce& announce) {
    TRY_ASSIGN(const auto folder, DataFolder::create(dir, machine_.files, machine_.random));
    TRY_ASSIGN(const auto config, folder.config(machine_.files));
    {
        // Opened once, so that the state database is there and the first start is a quick one.
        TRY_ASSIGN(auto lock, FolderLock::take(folder));
        TRY_ASSIGN(const auto site, Site::open(folder, std::move(lock), config, machine_));
    }
    JsonWriter json;
    json.begin_object()
        .field("folder", folder.root().string())
        .field("config", folder.config_file().string());
    json.field("admin_token", folder.token_file().string()).end_object();
    announce(json.take());
    return {};
}

Status Lifecycle::up(const std::string& dir, bool detach, const Announce& announce) {
    TRY_ASSIGN(const Known known, open(dir, machine_.files));
    if (find_server(machine_.files, known.folder)) {
        TRY_ASSIGN(const auto nginx, make_nginx(known.folder, known.config, machine_.clock));
        TRY(nginx->start());  // or, where it runs: takes up its configuration
        announce(status_json(known, machine_));
        return {};
    }
    if (!detach)
        return run_server(known.folder, true, machine_, announce);
    TRY_ASSIGN(const std::string json, run_server_detached(known.folder, machine_));
    announce(json);
    return {};
}

Status Lifecycle::down(const std::string& dir, const Announce& announce) {
    TRY_ASSIGN(const Known known, open(dir, machine_.files));
    if (const auto server = find_server(machine_.files, known.folder))
        TRY(stop_server(known, *server));
    TRY(running_nginx(known.folder, known.config, machine_.clock).stop());
    announce(status_json(known, machine_));
    return {};
}

Status Lifecycle::serve(const std::string& dir, const Announce& announce) {
    TRY_ASSIGN(const auto folder, DataFolder::open(dir));
    if (const auto server = find_server(machine_.files, folder))
        return Error{ErrorCode::kUnavailable, "a server runs on " + folder.root().string() +
                                                  " already, process " + std::to_string(server->pid) +
                                                  " at " + server->url + "; stop it with: tallyman --dir " +
                                                  folder.root().string() + " down"};
    return run_server(folder, false, machine_, announce);
}

Status Lifecycle::status(const std::string& dir, const Announce& announce) {
    TRY_ASSIGN(const Known known, open(dir, machine_.files));
    announce(status_json(known, machine_));
    return {};
}

Status Lifecycle::teardown(const std::string& dir, bool dry_run, const Announce& announce) {
    TRY_ASSIGN(const Known known, open(dir, machine_.files));
    if (!dry_run)
        TRY(down(dir, [](const std::string&) {}));
    TRY_ASSIGN(const std::string json, removal_json(known.folder, dry_run, machine_.files));
    if (!dry_run) {
        TRY_ASSIGN(const auto lock, FolderLock::wait_for(known.folder, std::chrono::seconds(10)));
        std::error_code error;
        std::filesystem::remove_all(known.folder.root(), error);
        if (error)
            return io_error("remove", known.folder.root(), error.value());
    }
    announce(json);
    return {};
}

}  // namespace tally::app
