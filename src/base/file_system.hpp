#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tally {

using Path = std::filesystem::path;

// A file being written from its start. Not thread-safe. Bytes are safe from power loss only after sync()
// returned success; after sync() failed once the file must not be trusted or synced again (the kernel reports
// a lost write once). The destructor closes without syncing.
class WritableFile {
  public:
    virtual ~WritableFile() = default;
    [[nodiscard]] virtual Status append(std::span<const std::byte> bytes) = 0;
    [[nodiscard]] virtual Status sync() = 0;
    [[nodiscard]] virtual Status close() = 0;
};

// The seam to the disk: every durable step of delivery, lake and capture recovery goes through it, so that
// tests can fail, cut or forget any of them. Thread-safe. Errors name the path and the operating system's
// reason; ENOSPC and EDQUOT are kResourceExhausted, ENOENT is kNotFound, EEXIST is kAlreadyExists.
class FileSystem {
  public:
    virtual ~FileSystem() = default;

    // A new empty file; kAlreadyExists when the name is taken.
    [[nodiscard]] virtual Result<std::unique_ptr<WritableFile>> create(const Path& path) = 0;
    [[nodiscard]] virtual Result<std::string> read(const Path& path) = 0;
    [[nodiscard]] virtual Result<std::uint64_t> size(const Path& path) = 0;
    [[nodiscard]] virtual Result<bool> exists(const Path& path) = 0;
    // File names (not paths) in a folder, sorted; kNotFound when the folder does not exist.
    [[nodiscard]] virtual Result<std::vector<std::string>> list(const Path& folder) = 0;
    [[nodiscard]] virtual Status make_folders(const Path& folder) = 0;
    [[nodiscard]] virtual Status remove(const Path& path) = 0;
    // Replaces `to` when it exists. Durable after sync_folder on the folder of `to`.
    [[nodiscard]] virtual Status rename(const Path& from, const Path& to) = 0;
    [[nodiscard]] virtual Status sync_folder(const Path& folder) = 0;
};

// The machine's own disk.
class PosixFileSystem final : public FileSystem {
  public:
    [[nodiscard]] Result<std::unique_ptr<WritableFile>> create(const Path& path) override;
    [[nodiscard]] Result<std::string> read(const Path& path) override;
    [[nodiscard]] Result<std::uint64_t> size(const Path& path) override;
    [[nodiscard]] Result<bool> exists(const Path& path) override;
    [[nodiscard]] Result<std::vector<std::string>> list(const Path& folder) override;
    [[nodiscard]] Status make_folders(const Path& folder) override;
    [[nodiscard]] Status remove(const Path& path) override;
    [[nodiscard]] Status rename(const Path& from, const Path& to) override;
    [[nodiscard]] Status sync_folder(const Path& folder) override;
};

// Writes a whole new file and makes it and its name durable: create, append, sync, close, sync_folder.
Status write_new_file(FileSystem& files, const Path& path, std::string_view content);

// Replaces `path` in one step (temporary file beside it, sync, rename, sync_folder): readers see the old or
// the new content, also after a crash.
Status replace_file(FileSystem& files, const Path& path, std::string_view content);

// The Error for the errno of a failed call, e.g. io_error("open", path, errno).
Error io_error(std::string_view action, const Path& path, int error_number);

}  // namespace tally
