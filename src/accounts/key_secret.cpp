#include "accounts/key_secret.hpp"

#include "accounts/hex.hpp"
#include "accounts/sha256.hpp"
#include "base/file_descriptor.hpp"
#include "model/principal_digest.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

namespace tally::accounts {

namespace {

constexpr std::string_view kHeader = "tallyman-key-secret 1\npepper ";
constexpr std::string_view kMiddle = "\nsiphash ";
constexpr std::size_t kPepperDigits = 64;
constexpr std::size_t kSipDigits = 32;
constexpr std::size_t kFileSize = kHeader.size() + kPepperDigits + kMiddle.size() + kSipDigits + 1;

SipKey sip_key_of(std::string_view bytes) {
    SipKey key;
    std::memcpy(&key.k0, bytes.data(), 8);
    std::memcpy(&key.k1, bytes.data() + 8, 8);
    return key;
}

Status write_whole(int fd, const Path& path, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return io_error("write", path, errno);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(fd) == 0 ? Status() : Status(io_error("fsync", path, errno));
}

Status sync_folder_of(const Path& path) {
    const Path folder = path.has_parent_path() ? path.parent_path() : Path(".");
    const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid() || ::fsync(fd.get()) != 0)
        return io_error("sync folder", folder, errno);
    return {};
}

Result<std::string> read_private_file(const Path& path) {
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid())
        return io_error("open", path, errno);

    struct stat info {};

    if (::fstat(fd.get(), &info) != 0)
        return io_error("stat", path, errno);
    if ((info.st_mode & 077U) != 0)
        return Error{ErrorCode::kForbidden,
                     fmt::format("{} may be read by others (mode {:04o}); run: chmod 600 {}", path.string(),
                                 info.st_mode & 07777U, path.string())};
    std::string text(kFileSize + 1, '\0');
    const ssize_t size = ::read(fd.get(), text.data(), text.size());
    if (size < 0)
        return io_error("read", path, errno);
    text.resize(static_cast<std::size_t>(size));
    return text;
}

}  // namespace

KeySecret KeySecret::generate(RandomSource& random) {
    std::string pepper(kPepperDigits / 2, '\0');
    random.fill(std::as_writable_bytes(std::span(pepper)));
    SipKey sip_key;
    sip_key.k0 = random.next_u64();
    sip_key.k1 = random.next_u64();
    return {Secret(std::move(pepper)), sip_key};
}

Status KeySecret::create_file(const Path& path, RandomSource& random) {
    const KeySecret made = generate(random);
    std::string sip_bytes(kSipDigits / 2, '\0');
    std::memcpy(sip_bytes.data(), &made.sip_key_.k0, 8);
    std::memcpy(sip_bytes.data() + 8, &made.sip_key_.k1, 8);
    const Secret text(
        fmt::format("{}{}{}{}\n", kHeader, to_hex(made.pepper_.reveal()), kMiddle, to_hex(sip_bytes)));
    FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd.valid())
        return io_error("create", path, errno);
    TRY(write_whole(fd.get(), path, text.reveal()));
    if (fd.close() != 0)
        return io_error("close", path, errno);
    return sync_folder_of(path);
}

Result<KeySecret> KeySecret::load(const Path& path) {
    TRY_ASSIGN(std::string read, read_private_file(path));
    const Secret text(std::move(read));
    const std::string_view all = text.reveal();
    const Error broken{ErrorCode::kCorruption,
                       fmt::format("{} is not a key secret of this program; put the file back from a backup "
                                   "(another one would make every key unknown)",
                                   path.string())};
    if (all.size() != kFileSize || !all.starts_with(kHeader) || all.back() != '\n' ||
        all.substr(kHeader.size() + kPepperDigits, kMiddle.size()) != kMiddle)
        return broken;
    std::optional<std::string> pepper = from_hex(all.substr(kHeader.size(), kPepperDigits));
    const std::optional<std::string> sip = from_hex(all.substr(kFileSize - 1 - kSipDigits, kSipDigits));
    if (!pepper || !sip)
        return broken;
    return KeySecret(Secret(std::move(*pepper)), sip_key_of(*sip));
}

std::string KeySecret::hmac(std::string_view key) const {
    return hmac_sha256_hex(pepper_.reveal(), key);
}

Digest128 KeySecret::digest(std::string_view key) const {
    return siphash128(sip_key_, key.data(), key.size());
}

Digest128 KeySecret::principal_digest(std::string_view issuer, std::string_view principal) const {
    return tally::principal_digest(sip_key_, issuer, principal);
}

}  // namespace tally::accounts
