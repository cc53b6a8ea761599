#include "app/data_folder.hpp"

#include "accounts/key_secret.hpp"
#include "base/json_value.hpp"
#include "base/json_writer.hpp"

#include <cerrno>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally::app {
namespace {

constexpr std::size_t kTokenLength = 43;  // 256 bits of base62

Status write_token(const Path& path, RandomSource& random) {
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.valid())
        return io_error("create", path, errno);
    const std::string token = "tma_" + random_base62(random, kTokenLength) + "\n";
    if (::write(file.get(), token.data(), token.size()) != static_cast<ssize_t>(token.size()) ||
        ::fsync(file.get()) != 0)
        return io_error("write", path, errno);
    return {};
}

Status check_is_free(const Path& root, FileSystem& files) {
    TRY_ASSIGN(const bool has_config, files.exists(root / "tallyman.toml"));
    if (has_config)
        return Error{ErrorCode::kAlreadyExists,
                     root.string() + " is a data folder already; nothing was changed"};
    const auto names = files.list(root);
    if (!names && names.error().code == ErrorCode::kNotFound)
        return {};
    if (!names)
        return names.error();
    if (!names->empty())
        return Error{ErrorCode::kConflict, root.string() + " holds other things (" + names->front() +
                                               "); name an empty or a new folder"};
    return {};
}

// False for a process that is ending: its main thread is gone while others may still hold the folder's lock.
bool is_running(FileSystem& files, std::int64_t pid) {
    const auto stat = files.read("/proc/" + std::to_string(pid) + "/stat");
    if (!stat)
        return false;
    const auto name_end = stat->rfind(')');
    return name_end != std::string::npos && stat->substr(name_end).find(" Z ") != 1;
}

}  // namespace

DataFolder::DataFolder(const Path& root) : root_(std::filesystem::absolute(root).lexically_normal()) {
    if (!root_.has_filename())  // "data/" is "data"
        root_ = root_.parent_path();
}

Result<DataFolder> DataFolder::create(const Path& root, FileSystem& files, RandomSource& random) {
    const DataFolder folder(root);
    TRY(check_is_free(folder.root_, files));
    for (const Path& path :
         {folder.root_, folder.capture(), folder.errors(), folder.edge(), folder.scratch()})
        TRY(files.make_folders(path));
    if (::chmod(folder.root_.c_str(), 0700) != 0)
        return io_error("chmod", folder.root_, errno);
    TRY(write_token(folder.token_file(), random));
    TRY(accounts::KeySecret::create_file(folder.key_secret_file(), random));
    // Last, because it is what makes the folder a data folder.
    TRY(write_new_file(files, folder.config_file(), generated_config()));
    return folder;
}

Result<DataFolder> DataFolder::open(const Path& root) {
    DataFolder folder(root);
    if (::access(folder.config_file().c_str(), R_OK) == 0)
        return folder;
    if (errno == EACCES)
        return io_error("read", folder.config_file(), errno);
    return Error{ErrorCode::kNotFound, folder.root_.string() +
                                           " is not a data folder (it has no tallyman.toml); "
                                           "make one with: tallyman init " +
                                           root.string()};
}

Result<Config> DataFolder::config(FileSystem& files) const {
    TRY_ASSIGN(const std::string text, files.read(config_file()));
    return parse_config(text, config_file().string());
}

Result<Secret> DataFolder::admin_token() const {
    const FileDescriptor file(::open(token_file().c_str(), O_RDONLY | O_CLOEXEC));

    struct stat info {};

    if (!file.valid() || ::fstat(file.get(), &info) != 0)
        return io_error("open", token_file(), errno);
    if ((info.st_mode & 077U) != 0)
        return Error{ErrorCode::kForbidden, token_file().string() +
                                                " may be read by others; make it yours alone: chmod 600 " +
                                                token_file().string()};
    std::string text(256, '\0');
    const ssize_t size = ::read(file.get(), text.data(), text.size());
    if (size < 0)
        return io_error("read", token_file(), errno);
    text.resize(static_cast<std::size_t>(size));
    text.erase(text.find_last_not_of(" \r\n") + 1);
    if (text.size() < 32)
        return Error{ErrorCode::kCorruption, token_file().string() +
                                                 " does not hold a token; remove it and put 32 "
                                                 "or more random characters there"};
    return Secret(std::move(text));
}

Path DataFolder::resolve(const std::string& uri) const {
    const std::size_t colon = uri.find(':');
    std::string path = colon == std::string::npos ? uri : uri.substr(colon + 1);
    if (path.starts_with("//"))
        path.erase(0, 2);
    return (root_ / path).lexically_normal();
}

Result<FolderLock> FolderLock::take(const DataFolder& folder) {
    FileDescriptor file(::open(folder.lock_file().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file.valid())
        return io_error("open", folder.lock_file(), errno);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0)
        return FolderLock(std::move(file));
    if (errno != EWOULDBLOCK)
        return io_error("lock", folder.lock_file(), errno);
    return Error{ErrorCode::kUnavailable, "another process works on " + folder.root().string() +
                                              "; ask the server there, or wait until it has ended"};
}

Result<FolderLock> FolderLock::wait_for(const DataFolder& folder, Microseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        auto lock = take(folder);
        if (lock || lock.error().code != ErrorCode::kUnavailable ||
            std::chrono::steady_clock::now() >= deadline)
            return lock;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

Status write_server_record(FileSystem& files, const DataFolder& folder, const ServerRecord& record) {
    JsonWriter json;
    json.begin_object().field("pid", record.pid).field("url", record.url).end_object();
    return replace_file(files, folder.server_file(), json.take() + "\n");
}

std::optional<ServerRecord> find_server(FileSystem& files, const DataFolder& folder) {
    const auto text = files.read(folder.server_file());
    if (!text)
        return std::nullopt;
    const auto json = JsonValue::parse(*text);
    if (!json || json->find("pid") == nullptr || json->find("pid")->as_int() == nullptr)
        return std::nullopt;
    if (FolderLock::take(folder) || !is_running(files, *json->find("pid")->as_int()))
        return std::nullopt;
    return ServerRecord{*json->find("pid")->as_int(), std::string(json->text_of("url"))};
}

}  // namespace tally::app
