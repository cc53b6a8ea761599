#include "edge/process_table.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <fmt/format.h>

namespace tally::edge {
namespace {

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct ProcessStat {
    char state = 'X';
    int group = 0;
};

// /proc/PID/stat: the fields behind the name, which stands in brackets and may hold any character.
ProcessStat stat_of(int pid) {
    const std::string text = read_file(fmt::format("/proc/{}/stat", pid));
    const std::size_t bracket = text.rfind(')');
    ProcessStat stat;
    if (bracket == std::string::npos)
        return stat;
    std::istringstream fields(text.substr(bracket + 1));
    int parent = 0;
    fields >> stat.state >> parent >> stat.group;
    return stat;
}

std::size_t thread_count(int pid) {
    std::size_t count = 0;
    std::error_code failure;
    std::filesystem::directory_iterator threads(fmt::format("/proc/{}/task", pid), failure);
    for (; !failure && threads != std::filesystem::directory_iterator{}; threads.increment(failure))
        ++count;
    return count;
}

}  // namespace

bool is_alive(int pid) {
    const char state = stat_of(pid).state;
    return state == 'Z' ? thread_count(pid) > 1 : state != 'X';
}

std::string command_line(int pid) {
    std::string line = read_file(fmt::format("/proc/{}/cmdline", pid));
    std::replace(line.begin(), line.end(), '\0', ' ');
    if (!line.empty() && !line.ends_with(' '))
        line += ' ';
    return line;
}

std::vector<int> group_members(int group) {
    std::vector<int> members;
    std::error_code failure;
    std::filesystem::directory_iterator processes("/proc", failure);
    for (; !failure && processes != std::filesystem::directory_iterator{}; processes.increment(failure)) {
        const std::string name = processes->path().filename().string();
        int pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error == std::errc{} && end == name.data() + name.size() && is_alive(pid) &&
            stat_of(pid).group == group)
            members.push_back(pid);
    }
    return members;
}

}  // namespace tally::edge
