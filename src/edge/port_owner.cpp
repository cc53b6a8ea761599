#include "edge/port_owner.hpp"

#include "base/file_descriptor.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

namespace tally::edge {
namespace {

constexpr std::string_view kListening = "0A";

// The socket inode of who listens on the port, from /proc/net/tcp and tcp6; empty when it is not to be seen.
std::string listening_inode(std::uint16_t port) {
    const std::string port_text = fmt::format(":{:04X}", port);
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream lines(table);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string number;
            std::string local;
            std::string remote;
            std::string state;
            words >> number >> local >> remote >> state;
            if (state != kListening || !local.ends_with(port_text))
                continue;
            std::string word;
            for (int skipped = 0; skipped < 6; ++skipped)  // queues, timer, retransmits, uid, timeout, inode
                words >> word;
            return word;
        }
    }
    return {};
}

bool holds_socket(const std::filesystem::path& process, const std::string& socket) {
    std::error_code failure;
    std::filesystem::directory_iterator descriptors(process / "fd", failure);
    for (; !failure && descriptors != std::filesystem::directory_iterator{}; descriptors.increment(failure)) {
        std::error_code unreadable;
        if (std::filesystem::read_symlink(descriptors->path(), unreadable) == socket)
            return true;
    }
    return false;
}

// "nginx (process 4711)", or "another program" where /proc does not tell.
std::string owner_of(std::uint16_t port) {
    const std::string inode = listening_inode(port);
    const std::string socket = fmt::format("socket:[{}]", inode);
    std::error_code failure;
    std::filesystem::directory_iterator processes("/proc", failure);
    for (; !inode.empty() && !failure && processes != std::filesystem::directory_iterator{};
         processes.increment(failure)) {
        const std::string pid = processes->path().filename().string();
        if (pid.find_first_not_of("0123456789") != std::string::npos ||
            !holds_socket(processes->path(), socket))
            continue;
        std::string name;
        std::getline(std::ifstream(processes->path() / "comm"), name);
        return fmt::format("{} (process {})", name, pid);
    }
    return "another program";
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> resolve(const EdgeConfig& config, std::uint16_t port) {
    std::string host = config.listen.substr(0, config.listen.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    const bool wildcard = host == "*" || config.listen.find(':') == std::string::npos;
    addrinfo hints = {};
    hints.ai_family = wildcard ? AF_INET : AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error =
        ::getaddrinfo(wildcard ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (error != 0)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("[edge] listen = \"{}\": {}; name an address of "
                                 "this machine.",
                                 config.listen, ::gai_strerror(error))};
    return AddressList(found, &::freeaddrinfo);
}

Error listen_error(const EdgeConfig& config, std::uint16_t port, int error) {
    switch (error) {
        case EADDRINUSE:
            return Error{
                ErrorCode::kConflict,
                fmt::format("[edge] listen = \"{}\": the port is in use by {}. Stop it, or set another "
                            "port in tallyman.toml, [edge] listen.",
                            config.listen, owner_of(port))};
        case EACCES:
            return Error{
                ErrorCode::kForbidden,
                fmt::format("[edge] listen = \"{}\": this user may not listen on ports below 1024. Set a "
                            "higher port, or give nginx the capability cap_net_bind_service.",
                            config.listen)};
        default:
            return Error{ErrorCode::kInvalidArgument,
                         fmt::format("[edge] listen = \"{}\": {}; name an address of this machine.",
                                     config.listen, std::strerror(error))};
    }
}

}  // namespace

Status check_port_is_free(const EdgeConfig& config) {
    TRY_ASSIGN(const ListenAddress address, parse_listen(config.listen));
    TRY_ASSIGN(const AddressList list, resolve(config, address.port));
    const FileDescriptor probe(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // as nginx does
    if (::bind(probe.get(), list->ai_addr, list->ai_addrlen) != 0 || ::listen(probe.get(), 1) != 0)
        return listen_error(config, address.port, errno);
    return {};
}

}  // namespace tally::edge
