#include "edge/nginx_process.hpp"

#include "base/file_descriptor.hpp"
#include "edge/command.hpp"
#include "edge/port_owner.hpp"
#include "edge/process_table.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tally::edge {
namespace {

constexpr std::chrono::milliseconds kPollPause(5);
constexpr std::string_view kInstallHint =
    "On Debian 12: apt-get install nginx (version 1.22.1). Another binary can be named with TALLYMAN_NGINX.";

bool is_program(const Path& path) {
    return ::access(path.c_str(), X_OK) == 0 && !std::filesystem::is_directory(path);
}

std::string read_file(const Path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// nginx's master shows "nginx: master process" and its command line, which holds it in between.
bool is_ours(int pid, const Path& config_path) {
    return command_line(pid).find(fmt::format(" -c {} ", config_path.string())) != std::string::npos;
}

bool is_our_master(int pid, const Path& config_path) {
    return command_line(pid).starts_with("nginx: master process") && is_ours(pid, config_path);
}

std::optional<int> read_pid(const Path& path) {
    const std::string text = read_file(path);
    int pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error != std::errc{} || pid <= 1)
        return std::nullopt;
    return pid;
}

// A connected socket, or an invalid one.
FileDescriptor connect_to(const ListenAddress& address) {
    addrinfo hints = {};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found) != 0)
        return {};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
    FileDescriptor socket(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience = {2, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (!socket.valid() || ::connect(socket.get(), list->ai_addr, list->ai_addrlen) != 0)
        return {};
    return socket;
}

bool answers_ok(int socket, std::string_view health_path) {
    const std::string request =
        fmt::format("GET {} HTTP/1.1\r\nHost: tallyman\r\nConnection: close\r\n\r\n", health_path);
    if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
        return false;
    std::string answer;
    char buffer[1024];
    ssize_t size = 0;
    while (answer.size() < sizeof buffer && (size = ::recv(socket, buffer, sizeof buffer, 0)) > 0)
        answer.append(buffer, static_cast<std::size_t>(size));
    return answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n");
}

Status make_folders(const EdgeConfig& config) {
    PosixFileSystem files;
    TRY(files.make_folders(config.folder / "tmp"));
    return files.make_folders(config.capture_folder);
}

}  // namespace

Result<Path> find_nginx() {
    if (const char* named = std::getenv("TALLYMAN_NGINX"); named != nullptr && *named != '\0') {
        if (is_program(named))
            return Path(named);
        return Error{ErrorCode::kNotFound, fmt::format("TALLYMAN_NGINX = \"{}\" is not a program.", named)};
    }
    const char* path = std::getenv("PATH");
    std::string folders = fmt::format("{}:/usr/sbin:/usr/local/sbin", path != nullptr ? path : "");
    for (std::size_t start = 0; start < folders.size();) {
        const std::size_t stop = std::min(folders.find(':', start), folders.size());
        const Path candidate = Path(folders.substr(start, stop - start)) / "nginx";
        if (candidate.is_absolute() && is_program(candidate))
            return candidate;
        start = stop + 1;
    }
    return Error{ErrorCode::kNotFound, fmt::format("nginx is not installed. {}", kInstallHint)};
}

Status check_nginx_version(const Path& nginx) {
    TRY_ASSIGN(const CommandResult said, run_command({nginx.string(), "-v"}));
    std::string words = said.output.substr(0, said.output.find('\n'));
    const std::string expected = fmt::format("nginx/{}", kNginxVersion);
    const std::size_t at = words.find(expected);
    const std::size_t end = at + expected.size();
    if (said.exit_code == 0 && at != std::string::npos && (end == words.size() || words[end] == ' '))
        return {};
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{} says \"{}\"; the edge module is built for nginx {}. {}", nginx.string(),
                             words, kNginxVersion, kInstallHint)};
}

NginxProcess::NginxProcess(Path nginx, EdgeConfig config, const Clock& clock)
    : nginx_(std::move(nginx)), config_(std::move(config)), clock_(clock) {}

std::optional<int> NginxProcess::running() const {
    const std::optional<int> pid = read_pid(nginx_pid_path(config_));
    if (pid && is_alive(*pid) && is_our_master(*pid, nginx_config_path(config_)))
        return pid;
    return std::nullopt;
}

Status NginxProcess::write_config(const EdgeConfig& config) const {
    TRY_ASSIGN(const std::string text, nginx_config_text(config, ::geteuid() == 0));
    TRY(make_folders(config));
    PosixFileSystem files;
    const Path checked = config.folder / "nginx.conf.new";
    TRY(replace_file(files, checked, text));
    TRY_ASSIGN(const CommandResult said,
               run_command({nginx_.string(), "-t", "-q", "-p", config.folder.string() + "/", "-e", "stderr",
                            "-c", checked.string()}));
    if (said.exit_code != 0)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("nginx refuses the configuration {}:\n{}", checked.string(), said.output)};
    TRY(files.rename(checked, nginx_config_path(config)));
    return files.sync_folder(config.folder);
}

Status NginxProcess::start(Microseconds timeout) {
    if (running())
        return apply(config_);
    TRY(check_nginx_version(nginx_));
    TRY(nginx_config_text(config_, false));  // wrong settings go before a taken port
    end_orphans();
    TRY(check_port_is_free(config_));
    TRY(write_config(config_));
    // nginx makes a daemon of itself: only then can its binary be replaced while it runs (SIGUSR2).
    TRY_ASSIGN(const CommandResult said, run_command({nginx_.string(), "-p", config_.folder.string() + "/",
                                                      "-c", nginx_config_path(config_).string(), "-e",
                                                      nginx_error_log_path(config_).string()}));
    if (said.exit_code != 0)
        return Error{ErrorCode::kUnavailable,
                     fmt::format("nginx ended while it started.\n{}{}", said.output, last_words())};
    return wait_until_answering(timeout);
}

Status NginxProcess::wait_until_answering(Microseconds timeout) {
    const Microseconds deadline = clock_.monotonic() + timeout;
    while (clock_.monotonic() < deadline) {
        if (running() && answers())
            return {};
        std::this_thread::sleep_for(kPollPause);
    }
    const bool gone = stop(std::chrono::seconds(2)).ok();
    return Error{ErrorCode::kUnavailable,
                 fmt::format("nginx did not answer on {} within {} ms and was {}.{}", config_.listen,
                             std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count(),
                             gone ? "stopped" : "left running", last_words())};
}

Status NginxProcess::apply(const EdgeConfig& config) {
    const std::optional<int> pid = running();
    if (!pid)
        return Error{ErrorCode::kUnavailable,
                     "nginx is not running, so there is nothing to reload. Start it with `tallyman up`."};
    TRY(write_config(config));
    config_ = config;
    if (::kill(*pid, SIGHUP) != 0)
        return Error{ErrorCode::kForbidden,
                     fmt::format("cannot signal nginx, process {}: it belongs to another user.", *pid)};
    return {};
}

bool NginxProcess::ended(int pid, int signal, Microseconds timeout) const {
    const Microseconds deadline = clock_.monotonic() + timeout;
    const auto is_there = [&] { return is_alive(pid) && is_ours(pid, nginx_config_path(config_)); };
    // Only the signal that cannot be caught must reach the workers, too: the master passes on the others.
    if (is_there())
        ::kill(signal == SIGKILL ? -pid : pid, signal);
    while (is_there()) {
        if (clock_.monotonic() >= deadline)
            return false;
        std::this_thread::sleep_for(kPollPause);
    }
    return true;
}

// Workers outlive a master that was killed, and keep its port. One that was being made at that moment still
// shows the master's name.
void NginxProcess::end_orphans() const {
    const std::optional<int> master = read_pid(nginx_pid_path(config_));
    if (!master || is_alive(*master))
        return;
    const auto orphans = [&] {
        std::vector<int> pids = group_members(*master);
        std::erase_if(pids, [](int pid) {
            const std::string line = command_line(pid);
            return !line.empty() && !line.starts_with("nginx: ");  // empty: on its way out
        });
        return pids;
    };
    for (const int signal : {SIGTERM, SIGKILL}) {
        const Microseconds deadline = clock_.monotonic() + std::chrono::seconds(2);
        for (const int pid : orphans())
            ::kill(pid, signal);
        while (!orphans().empty() && clock_.monotonic() < deadline)
            std::this_thread::sleep_for(kPollPause);
    }
}

Status NginxProcess::stop(Microseconds timeout) {
    const std::optional<int> pid = running();
    if (!pid)
        return {};
    if (ended(*pid, SIGQUIT, timeout) || ended(*pid, SIGTERM, std::chrono::seconds(2)) ||
        ended(*pid, SIGKILL, std::chrono::seconds(2)))
        return {};
    return Error{ErrorCode::kUnavailable,
                 fmt::format("nginx, process {}, does not end; it may belong to another user.", *pid)};
}

bool NginxProcess::answers() const {
    const auto address = parse_listen(config_.listen);
    if (!address.ok())
        return false;
    const FileDescriptor socket = connect_to(*address);
    // With TLS the question could not be asked in plain text; that it listens must do.
    return socket.valid() && (!config_.certificate.empty() || answers_ok(socket.get(), config_.health_path));
}

// nginx says why it does not start in its error log.
std::string NginxProcess::last_words() const {
    constexpr std::size_t kTail = 1000;
    std::string log = read_file(nginx_error_log_path(config_));
    if (log.size() > kTail)
        log.erase(0, log.find('\n', log.size() - kTail) + 1);
    return log.empty()
               ? ""
               : fmt::format(" Its last words in {}:\n{}", nginx_error_log_path(config_).string(), log);
}

}  // namespace tally::edge
