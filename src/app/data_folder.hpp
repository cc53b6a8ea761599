#pragma once

#include "app/config.hpp"
#include "base/file_descriptor.hpp"
#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tally::app {

// Where everything of one deployment lies. A value; an absolute path.
//
//   tallyman.toml   configuration          state.db      customers, keys, plans, invoices, table pointers
//   admin.token     the API's token, 0600  key.secret    what keys are hashed with, 0600
//   capture/        the capture log        lake/         the Iceberg tables
//   errors/         what was undeliverable edge/         nginx: configuration, logs, keys, limits
//   tmp/            scratch of queries     lock          held by the one process that may write
//   server.json     where the server answers, while one runs
//   server.log      what a detached server has to say
class DataFolder {
  public:
    explicit DataFolder(const Path& root);

    // Makes the folder with its configuration and secrets; nothing that is there is changed. kAlreadyExists
    // when it is a data folder already, kConflict when it holds other things.
    static Result<DataFolder> create(const Path& root, FileSystem& files, RandomSource& random);
    // kNotFound, with the way out, when it is no data folder.
    static Result<DataFolder> open(const Path& root);

    // Reads tallyman.toml.
    [[nodiscard]] Result<Config> config(FileSystem& files) const;
    // kForbidden when others than the owner may read the file.
    [[nodiscard]] Result<Secret> admin_token() const;

    [[nodiscard]] const Path& root() const { return root_; }

    [[nodiscard]] Path config_file() const { return root_ / "tallyman.toml"; }

    [[nodiscard]] Path token_file() const { return root_ / "admin.token"; }

    [[nodiscard]] Path key_secret_file() const { return root_ / "key.secret"; }

    [[nodiscard]] Path capture() const { return root_ / "capture"; }

    [[nodiscard]] Path errors() const { return root_ / "errors"; }

    [[nodiscard]] Path edge() const { return root_ / "edge"; }

    [[nodiscard]] Path scratch() const { return root_ / "tmp"; }

    [[nodiscard]] Path server_file() const { return root_ / "server.json"; }

    [[nodiscard]] Path server_log() const { return root_ / "server.log"; }

    [[nodiscard]] Path lock_file() const { return root_ / "lock"; }

    // "file:lake" or "sqlite:state.db": what stands behind the scheme, below the root unless it is absolute.
    [[nodiscard]] Path resolve(const std::string& uri) const;

  private:
    Path root_;
};

// The right to write in a data folder: one process has it at a time, and loses it with its life, however it
// dies. Held as long as the object lives.
class FolderLock {
  public:
    // kUnavailable when another process has it.
    static Result<FolderLock> take(const DataFolder& folder);
    // As take, but waits up to `patience` for it.
    static Result<FolderLock> wait_for(const DataFolder& folder, Microseconds patience);

  private:
    explicit FolderLock(FileDescriptor file) : file_(std::move(file)) {}

    FileDescriptor file_;
};

// What a running server tells of itself in server.json.
struct ServerRecord {
    std::int64_t pid = 0;
    std::string url;
};

Status write_server_record(FileSystem& files, const DataFolder& folder, const ServerRecord& record);
// The server that runs on the folder now; nullopt when none does: a record that its process outlived by dying
// is recognised by the lock, which nobody holds.
std::optional<ServerRecord> find_server(FileSystem& files, const DataFolder& folder);

}  // namespace tally::app
