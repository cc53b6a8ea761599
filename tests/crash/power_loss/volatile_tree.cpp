#include "volatile_tree.hpp"

#include <algorithm>
#include <fstream>
#include <set>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally::test {
namespace {

constexpr std::size_t kSector = 512;
constexpr std::size_t kPage = 4096;

bool coin(std::mt19937_64& random) {
    return random() % 2 == 0;
}

// Copies some sectors of one page; all, none, or each for itself.
void mix_page(const std::string& from, std::string& to, std::size_t page, std::mt19937_64& random) {
    const auto whole = random() % 3;
    const std::size_t end = std::min(page + kPage, std::min(from.size(), to.size()));
    for (std::size_t at = page; at < end; at += kSector)
        if (whole == 0 || (whole == 1 && coin(random)))
            to.replace(at, std::min(kSector, end - at), from, at, std::min(kSector, end - at));
}

void mix(const std::string& from, std::string& to, std::mt19937_64& random) {
    for (std::size_t page = 0; page < from.size(); page += kPage)
        if (page >= to.size() || from.compare(page, kPage, to, page, kPage) != 0)
            mix_page(from, to, page, random);
}

std::string folder_of(const std::string& name) {
    return Path(name).parent_path().string();
}

}  // namespace

VolatileTree::VolatileTree(Path root) : root_(std::move(root)) {
    look();
    for (File& file : files_) {
        file.durable = live_bytes(file);
        file.durable_name = file.live_name;
        file.size_durable = true;
    }
    for (auto& [name, durable] : folders_)
        durable = true;
}

std::string VolatileTree::relative(const Path& path) const {
    return path.string().substr(std::min(path.string().size(), root_.string().size() + 1));
}

void VolatileTree::look() {
    for (File& file : files_)
        file.live_name.clear();
    std::set<Path> sorted;  // a seed must give the same run each time
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_))
        sorted.insert(entry.path());
    for (const Path& path : sorted) {
        struct stat info = {};
        if (::stat(path.c_str(), &info) != 0)
            continue;
        if (S_ISDIR(info.st_mode)) {
            folders_.emplace(relative(path), false);
            continue;
        }
        const auto [number, is_new] = numbers_.emplace(info.st_ino, files_.size());
        if (is_new) {
            File& file = files_.emplace_back();
            file.live = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
            file.first_name = relative(path);
        }
        files_[number->second].live_name = relative(path);
    }
}

std::string VolatileTree::live_bytes(const File& file) {
    struct stat info = {};
    ::fstat(file.live.get(), &info);
    std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
    const ssize_t got = ::pread(file.live.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
}

void VolatileTree::sync(int descriptor) {
    look();
    struct stat info = {};
    ::fstat(descriptor, &info);
    if (S_ISDIR(info.st_mode)) {
        const Path path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor));
        const std::string folder = path == root_ ? "" : relative(path);
        for (File& file : files_) {
            if (!file.live_name.empty() && folder_of(file.live_name) == folder)
                file.durable_name = file.live_name;
            else if (!file.durable_name.empty() && folder_of(file.durable_name) == folder)
                file.durable_name.clear();
        }
        for (auto& [name, durable] : folders_)
            durable = durable || folder_of(name) == folder;
    } else if (const auto found = numbers_.find(info.st_ino); found != numbers_.end()) {
        File& file = files_[found->second];
        if (file.broken)
            return;
        file.durable = live_bytes(file);
        file.size_durable = true;
    }
}

void VolatileTree::fail_sync(int descriptor) {
    look();
    struct stat info = {};
    ::fstat(descriptor, &info);
    if (const auto found = numbers_.find(info.st_ino); found != numbers_.end())
        files_[found->second].broken = true;
}

void VolatileTree::write_back(std::mt19937_64& random) {
    look();
    for (File& file : files_) {
        if (file.broken || !coin(random))
            continue;
        const std::string live = live_bytes(file);
        if (!file.size_durable)
            file.durable.resize(live.size(), '\0');
        mix(live, file.durable, random);
    }
}

// Each file stands under its durable or its present name, or, when it was moved and has none on the disk,
// under its first one. Where two want one name, the one that was moved there has it.
std::map<std::size_t, std::string> VolatileTree::names_after(std::mt19937_64& random) {
    std::map<std::string, std::size_t> by_name;
    for (std::size_t i = 0; i < files_.size(); ++i) {
        const File& file = files_[i];
        if (file.durable_name.empty() || (!file.live_name.empty() && file.live_name != file.durable_name))
            continue;
        const bool replaced = std::any_of(files_.begin(), files_.end(), [&](const File& other) {
            return other.live_name == file.durable_name;
        });
        if (file.live_name.empty() && !replaced && coin(random))
            continue;  // its removal reached the disk
        by_name[file.durable_name] = i;
    }
    for (std::size_t i = 0; i < files_.size(); ++i) {
        const File& file = files_[i];
        if (file.live_name.empty() || file.live_name == file.durable_name)
            continue;
        if (coin(random))
            by_name[file.live_name] = i;
        else if (!file.durable_name.empty())
            by_name.emplace(file.durable_name, i);
        else if (file.first_name != file.live_name && coin(random))
            by_name.emplace(file.first_name, i);
    }
    std::map<std::size_t, std::string> names;
    for (const auto& [name, number] : by_name)
        names.emplace(number, name);
    return names;
}

std::string VolatileTree::bytes_after(const File& file, std::mt19937_64& random) {
    std::string bytes = file.durable;
    if (file.broken)
        return bytes;
    const std::string live = live_bytes(file);
    if (!file.size_durable || bytes.size() != live.size()) {
        const std::size_t sizes[] = {file.size_durable ? bytes.size() : 0, live.size(),
                                     live.size() == 0 ? 0 : random() % live.size()};
        bytes.resize(std::max(file.size_durable ? bytes.size() : 0, sizes[random() % 3]), '\0');
    }
    mix(live, bytes, random);
    return bytes;
}

void VolatileTree::lose_power(std::mt19937_64& random, const Path& target) {
    look();
    std::filesystem::create_directories(target);
    std::set<std::string> there = {""};
    for (const auto& [name, durable] : folders_) {
        if (!there.contains(folder_of(name)) || !(durable || coin(random)))
            continue;
        std::filesystem::create_directories(target / name);
        there.insert(name);
    }
    for (const auto& [number, name] : names_after(random)) {
        const std::string bytes = bytes_after(files_[number], random);
        if (there.contains(folder_of(name)))
            std::ofstream(target / name, std::ios::binary) << bytes;
    }
}

}  // namespace tally::test
