#include "base/file_system.hpp"

#include "base/file_descriptor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally {
namespace {

class PosixWritableFile final : public WritableFile {
  public:
    PosixWritableFile(FileDescriptor file, Path path) : file_(std::move(file)), path_(std::move(path)) {}

    Status append(std::span<const std::byte> bytes) override {
        while (!bytes.empty()) {
            const ssize_t wrote = ::write(file_.get(), bytes.data(), bytes.size());
            if (wrote < 0 && errno == EINTR)
                continue;
            if (wrote < 0)
                return io_error("write to", path_, errno);
            bytes = bytes.subspan(static_cast<std::size_t>(wrote));
        }
        return {};
    }

    Status sync() override {
        if (::fdatasync(file_.get()) != 0)
            return io_error("sync", path_, errno);
        return {};
    }

    Status close() override {
        if (file_.close() != 0)
            return io_error("close", path_, errno);
        return {};
    }

  private:
    FileDescriptor file_;
    Path path_;
};

Result<FileDescriptor> open_file(const Path& path, int flags, mode_t mode = 0644) {
    FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (!file.valid())
        return io_error("open", path, errno);
    return file;
}

}  // namespace

Error io_error(std::string_view action, const Path& path, int error_number) {
    ErrorCode code = ErrorCode::kIo;
    switch (error_number) {
        case ENOENT: code = ErrorCode::kNotFound; break;
        case EEXIST: code = ErrorCode::kAlreadyExists; break;
        case ENOSPC:
        case EDQUOT: code = ErrorCode::kResourceExhausted; break;
        case EACCES:
        case EPERM: code = ErrorCode::kForbidden; break;
        default: break;
    }
    return {code, fmt::format("cannot {} {}: {}", action, path.string(),
                              std::generic_category().message(error_number))};
}

Result<std::unique_ptr<WritableFile>> PosixFileSystem::create(const Path& path) {
    TRY_ASSIGN(auto file, open_file(path, O_WRONLY | O_CREAT | O_EXCL));
    return std::unique_ptr<WritableFile>(std::make_unique<PosixWritableFile>(std::move(file), path));
}

Result<std::string> PosixFileSystem::read(const Path& path) {
    TRY_ASSIGN(auto file, open_file(path, O_RDONLY));

    struct stat info {};

    if (::fstat(file.get(), &info) != 0)
        return io_error("stat", path, errno);
    std::string content;
    content.reserve(static_cast<std::size_t>(std::max<off_t>(info.st_size, 0)));
    std::array<char, 65536> buffer{};
    while (true) {
        const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return io_error("read", path, errno);
        if (got == 0)
            return content;
        content.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

Result<std::uint64_t> PosixFileSystem::size(const Path& path) {
    struct stat info {};

    if (::stat(path.c_str(), &info) != 0)
        return io_error("stat", path, errno);
    return static_cast<std::uint64_t>(info.st_size);
}

Result<bool> PosixFileSystem::exists(const Path& path) {
    if (::access(path.c_str(), F_OK) == 0)
        return true;
    if (errno == ENOENT || errno == ENOTDIR)
        return false;
    return io_error("look for", path, errno);
}

Result<std::vector<std::string>> PosixFileSystem::list(const Path& folder) {
    std::error_code error;
    std::vector<std::string> names;
    std::filesystem::directory_iterator it(folder, error);
    for (; !error && it != std::filesystem::directory_iterator(); it.increment(error))
        names.push_back(it->path().filename().string());
    if (error)
        return io_error("list", folder, error.value());
    std::sort(names.begin(), names.end());
    return names;
}

Status PosixFileSystem::make_folders(const Path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        return io_error("make the folder", folder, error.value());
    return {};
}

Status PosixFileSystem::remove(const Path& path) {
    if (::unlink(path.c_str()) != 0)
        return io_error("remove", path, errno);
    return {};
}

Status PosixFileSystem::rename(const Path& from, const Path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0)
        return io_error(fmt::format("rename {} to", from.string()), to, errno);
    return {};
}

Status PosixFileSystem::sync_folder(const Path& folder) {
    TRY_ASSIGN(auto file, open_file(folder, O_RDONLY | O_DIRECTORY));
    if (::fsync(file.get()) != 0)
        return io_error("sync the folder", folder, errno);
    return {};
}

Status write_new_file(FileSystem& files, const Path& path, std::string_view content) {
    TRY_ASSIGN(auto file, files.create(path));
    TRY(file->append(std::as_bytes(std::span(content))));
    TRY(file->sync());
    TRY(file->close());
    return files.sync_folder(path.parent_path());
}

Status replace_file(FileSystem& files, const Path& path, std::string_view content) {
    Path beside = path;
    beside += ".new";
    // A leftover of a crash in the middle of an earlier call: it was never renamed, so it was never the
    // truth.
    TRY_ASSIGN(const bool leftover, files.exists(beside));
    if (leftover)
        TRY(files.remove(beside));
    TRY(write_new_file(files, beside, content));
    TRY(files.rename(beside, path));
    return files.sync_folder(path.parent_path());
}

}  // namespace tally
