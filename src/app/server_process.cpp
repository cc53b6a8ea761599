#include "app/server_process.hpp"

#include "api/beast_server.hpp"
#include "app/edge_control.hpp"
#include "app/log.hpp"
#include "base/json_value.hpp"
#include "base/json_writer.hpp"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally::app {
namespace {

constexpr std::chrono::seconds kLockPatience{10};

// Blocks the signals that end the server in every thread that is started from here on; wait() takes them.
class StopSignals {
  public:
    StopSignals() {
        ::sigemptyset(&set_);
        for (const int signal : {SIGTERM, SIGINT, SIGHUP})
            ::sigaddset(&set_, signal);
        ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
        ::signal(SIGPIPE, SIG_IGN);
    }

    ~StopSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    void wait() const {
        int signal = 0;
        ::sigwait(&set_, &signal);
    }

  private:
    sigset_t set_{};
    sigset_t before_{};
};

void bound_the_process() {
    // Few arenas: the pools' threads would otherwise each keep one, and idle memory with them.
    ::mallopt(M_ARENA_MAX, 2);
    // Keys and tokens must not end in a core file.
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
}

void write_endpoint(JsonWriter& json, std::string_view name, const api::Endpoint& endpoint) {
    json.key(name).begin_object().field("url", endpoint.url).field("running", endpoint.pid > 0).key("pid");
    if (endpoint.pid > 0)
        json.number(endpoint.pid);
    else
        json.null();
    json.end_object();
}

Result<std::unique_ptr<api::BeastServer>> start_http(Site& site, const Config& config) {
    api::ServerOptions options;
    options.address = config.api.listen.address;
    options.port = config.api.listen.port;
    api::Router& router = site.router();
    return api::BeastServer::start(
        options, [&router](api::Request request) { return router.handle(std::move(request)); },
        [&router](std::string_view method, std::string_view path) { return router.cost_of(method, path); });
}

// A pipe message: "ok {…}" or "error CODE MESSAGE", once.
void tell(int pipe, const std::string& text) {
    [[maybe_unused]] const ssize_t written = ::write(pipe, text.data(), text.size());
}

std::string error_text(const Error& error) {
    JsonWriter json;
    json.begin_object()
        .field("error", error.message)
        .field("code", std::int64_t{static_cast<int>(error.code)});
    json.field("pointer", error.pointer).end_object();
    return json.take();
}

Result<std::string> read_told(int pipe) {
    std::string text;
    char buffer[4096];
    for (ssize_t size = 0; (size = ::read(pipe, buffer, sizeof buffer)) != 0;) {
        if (size < 0 && errno != EINTR)
            break;
        if (size > 0)
            text.append(buffer, static_cast<std::size_t>(size));
    }
    const auto told = JsonValue::parse(text);
    if (!told)
        return Error{ErrorCode::kInternal, "the server ended before it answered"};
    if (told->find("error") == nullptr)
        return text;
    const JsonValue* code = told->find("code");
    return Error{code != nullptr && code->as_int() != nullptr ? static_cast<ErrorCode>(*code->as_int())
                                                              : ErrorCode::kInternal,
                 std::string(told->text_of("error")), std::string(told->text_of("pointer"))};
}

// The child's side of run_server_detached; never returns.
[[noreturn]] void become_server(const DataFolder& folder, const Machine& machine, FileDescriptor pipe) {
    ::setsid();
    const FileDescriptor log(
        ::open(folder.server_log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    const FileDescriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    ::dup2(nothing.get(), STDIN_FILENO);
    ::dup2(log.valid() ? log.get() : nothing.get(), STDOUT_FILENO);
    ::dup2(log.valid() ? log.get() : nothing.get(), STDERR_FILENO);
    const Status status = run_server(folder, true, machine, [&pipe](const std::string& json) {
        tell(pipe.get(), json);
        pipe.close();
    });
    if (!status) {
        log_line(LogLevel::kError, status.error().message);
        if (pipe.valid())
            tell(pipe.get(), error_text(status.error()));
    }
    ::_exit(status ? 0 : 1);
}

}  // namespace

std::string deployment_json(const api::Endpoint& server, const api::Endpoint& edge) {
    JsonWriter json;
    json.begin_object().field("version", kVersion);
    write_endpoint(json, "server", server);
    write_endpoint(json, "edge", edge);
    json.end_object();
    return json.take();
}

Status run_server(const DataFolder& folder, bool with_edge, const Machine& machine,
                  const std::function<void(const std::string&)>& announce) {
    const StopSignals signals;
    bound_the_process();
    TRY_ASSIGN(const Config config, folder.config(machine.files));
    std::unique_ptr<edge::NginxProcess> nginx;
    if (with_edge) {
        TRY_ASSIGN(nginx, make_nginx(folder, config, machine.clock));
    }
    TRY_ASSIGN(auto lock, FolderLock::wait_for(folder, kLockPatience));
    static_cast<void>(machine.files.remove(folder.server_file()));  // of a server that was killed
    TRY_ASSIGN(auto site, Site::open(folder, std::move(lock), config, machine));
    TRY_ASSIGN(auto http, start_http(*site, config));
    TRY(site->prepare_edge());
    if (nginx)
        TRY(nginx->start());
    site->start();

    ListenAddress listen = config.api.listen;
    listen.port = http->port();
    const ServerRecord record{::getpid(), listen.url()};
    site->set_server({record.url, record.pid});
    TRY(write_server_record(machine.files, folder, record));
    announce(deployment_json({record.url, record.pid}, edge_endpoint(folder, config, machine.clock)));
    log_line(LogLevel::kInfo, "the API answers at " + record.url);

    signals.wait();
    log_line(LogLevel::kInfo, "stopping");
    const Status edge_stopped = nginx ? nginx->stop() : Status();
    http->stop();
    const Status delivered = site->stop();
    static_cast<void>(machine.files.remove(folder.server_file()));
    log_line(LogLevel::kInfo, "stopped");
    TRY(edge_stopped);
    return delivered;
}

Result<std::string> run_server_detached(const DataFolder& folder, const Machine& machine) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return io_error("make a pipe for", folder.root(), errno);
    FileDescriptor reading(ends[0]);
    FileDescriptor writing(ends[1]);
    const pid_t child = ::fork();
    if (child < 0)
        return io_error("start a process for", folder.root(), errno);
    if (child == 0) {
        reading.close();
        become_server(folder, machine, std::move(writing));
    }
    writing.close();
    auto told = read_told(reading.get());
    if (!told) {
        ::waitpid(child, nullptr, 0);
        return Error{told.error().code,
                     told.error().message + "; more may be in " + folder.server_log().string(),
                     told.error().pointer};
    }
    return told;
}

}  // namespace tally::app
