#include "edge/command.hpp"

#include "base/file_descriptor.hpp"

#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally::edge {
namespace {

constexpr int kFirstOtherDescriptor = 3;

// posix_spawn's two objects, destroyed together.
class SpawnSettings {
  public:
    SpawnSettings() {
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawnattr_init(&attributes);
    }

    ~SpawnSettings() {
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
    }

    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    posix_spawn_file_actions_t actions = {};
    posix_spawnattr_t attributes = {};
};

// The child starts without the signal mask and handlers of this process.
void reset_signals(SpawnSettings& settings) {
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&settings.attributes, &none);
    ::posix_spawnattr_setsigdefault(&settings.attributes, &all);
    const int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    ::posix_spawnattr_setflags(&settings.attributes, static_cast<short>(flags));
}

Result<int> spawn(const SpawnSettings& settings, const std::vector<std::string>& arguments) {
    std::vector<char*> raw;
    raw.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments)
        raw.push_back(const_cast<char*>(argument.c_str()));
    raw.push_back(nullptr);
    pid_t pid = 0;
    const int error =
        ::posix_spawn(&pid, raw.front(), &settings.actions, &settings.attributes, raw.data(), environ);
    if (error != 0)
        return Error{ErrorCode::kIo,
                     fmt::format("cannot run {}: {}", arguments.front(), std::strerror(error))};
    return pid;
}

std::string read_all(int fd) {
    std::string text;
    char buffer[4096];
    ssize_t size = 0;
    while ((size = ::read(fd, buffer, sizeof buffer)) > 0 || (size < 0 && errno == EINTR)) {
        if (size > 0)
            text.append(buffer, static_cast<std::size_t>(size));
    }
    return text;
}

}  // namespace

Result<CommandResult> run_command(const std::vector<std::string>& arguments) {
    int ends[2] = {};
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return Error{ErrorCode::kIo, fmt::format("cannot make a pipe: {}", std::strerror(errno))};
    const FileDescriptor reading(ends[0]);
    FileDescriptor writing(ends[1]);
    SpawnSettings settings;
    reset_signals(settings);
    ::posix_spawn_file_actions_addopen(&settings.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&settings.actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&settings.actions, ends[1], STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&settings.actions, kFirstOtherDescriptor);
    TRY_ASSIGN(const int pid, spawn(settings, arguments));
    writing.close();
    CommandResult result;
    result.output = read_all(reading.get());
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

}  // namespace tally::edge
