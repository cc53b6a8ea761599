#include "edge/token/jwks_file.hpp"

#include "base/assert.hpp"
#include "base/crc32c.hpp"
#include "base/file_descriptor.hpp"
#include "edge/token/jwks_file_format.hpp"
#include "edge/token/jwks_reader.hpp"
#include "model/principal_digest.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally::edge {
namespace {

static_assert(kIssuerSizeMax == sizeof JwksFileHeader::issuer);

std::string content_of(const std::vector<IssuerKey>& keys) {
    std::string content;
    for (const IssuerKey& key : keys) {
        TALLY_ASSERT(key.kid.size() <= kKidSizeMax && key.der.size() <= kJwksDerSizeMax,
                     "parse_jwks saw to it");
        JwksKeyHeader header = {};
        const std::size_t used = sizeof header + key.kid.size() + key.der.size();
        header.size = static_cast<std::uint32_t>((used + 7) / 8 * 8);
        header.algorithm = static_cast<std::uint8_t>(key.algorithm);
        header.kid_size = static_cast<std::uint8_t>(key.kid.size());
        header.der_size = static_cast<std::uint16_t>(key.der.size());
        content.append(reinterpret_cast<const char*>(&header), sizeof header);
        content += key.kid + key.der;
        content.append(header.size - used, '\0');
    }
    return content;
}

JwksFileHeader header_of(std::string_view content, std::size_t key_count, std::string_view issuer) {
    JwksFileHeader header = {};
    std::memcpy(header.magic, kJwksFileMagic, sizeof header.magic);
    header.version = kJwksFileVersion;
    header.header_size = sizeof header;
    header.content_size = static_cast<std::uint32_t>(content.size());
    header.key_count = static_cast<std::uint32_t>(key_count);
    header.issuer_size = static_cast<std::uint32_t>(issuer.size());
    std::memcpy(header.issuer, issuer.data(), issuer.size());
    header.content_crc = crc32c(content.data(), content.size());
    header.header_crc = crc32c(&header, kJwksFileCrcSpan);
    return header;
}

}  // namespace

class JwksFile::Mapping {
  public:
    Mapping(void* memory, std::size_t size) : memory_(static_cast<char*>(memory)), size_(size) {}

    ~Mapping() { ::munmap(memory_, size_); }

    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    [[nodiscard]] JwksFileHeader& header() const { return *reinterpret_cast<JwksFileHeader*>(memory_); }

    [[nodiscard]] std::string_view content() const {
        return {memory_ + sizeof(JwksFileHeader), size_ - sizeof(JwksFileHeader)};
    }

    [[nodiscard]] std::string_view issuer() const { return {header().issuer, header().issuer_size}; }

    void set_times(Instant fetched_at, Instant usable_until) const {
        __atomic_store_n(&header().fetched_at_us, to_us(fetched_at), __ATOMIC_RELAXED);
        __atomic_store_n(&header().usable_until_us, to_us(usable_until), __ATOMIC_RELAXED);
    }

  private:
    char* memory_;
    std::size_t size_;
};

JwksFile::JwksFile(Path path, std::string issuer) : path_(std::move(path)), issuer_(std::move(issuer)) {
    TALLY_ASSERT(issuer_.size() <= kIssuerSizeMax, "the configuration sees to it");
    // What cannot be taken over is replaced by the first keys that come.
    static_cast<void>(map().ok());
}

JwksFile::~JwksFile() = default;

Status JwksFile::map() {
    mapping_.reset();
    const FileDescriptor fd(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd.valid())
        return io_error("open", path_, errno);
    struct stat info = {};
    if (::fstat(fd.get(), &info) != 0)
        return io_error("look at", path_, errno);
    const auto size = static_cast<std::size_t>(info.st_size);
    const Error damaged{ErrorCode::kCorruption, path_.string() + " is no key file of this version"};
    if (size < sizeof(JwksFileHeader) || size > kJwksFileSizeMax)
        return damaged;
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (memory == MAP_FAILED)
        return io_error("map", path_, errno);
    auto mapping = std::make_unique<Mapping>(memory, size);
    if (!is_jwks_file(memory, size) || mapping->issuer() != issuer_)
        return damaged;
    mapping_ = std::move(mapping);
    return {};
}

Status JwksFile::publish(const std::vector<IssuerKey>& keys, Instant fetched_at, Instant usable_until) {
    const std::string content = content_of(keys);
    // The file may have been deleted since; then the workers must get another.
    if (mapping_ && mapping_->content() == content && ::access(path_.c_str(), F_OK) == 0) {
        mapping_->set_times(fetched_at, usable_until);
        return {};
    }
    JwksFileHeader header = header_of(content, keys.size(), issuer_);
    header.fetched_at_us = to_us(fetched_at);
    header.usable_until_us = to_us(usable_until);
    std::string file(reinterpret_cast<const char*>(&header), sizeof header);
    TRY(write(file + content));
    return map();
}

// Readable by the server's user alone, like its neighbours, and whole before it takes its place.
Status JwksFile::write(const std::string& file) {
    const Path fresh = path_.string() + ".new";
    FileDescriptor fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd.valid())
        return io_error("create", fresh, errno);
    std::string_view left = file;
    while (!left.empty()) {
        const ssize_t written = ::write(fd.get(), left.data(), left.size());
        if (written < 0 && errno != EINTR)
            return io_error("write", fresh, errno);
        left.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    if (::fsync(fd.get()) != 0)
        return io_error("sync", fresh, errno);
    if (fd.close() != 0)
        return io_error("close", fresh, errno);
    if (::rename(fresh.c_str(), path_.c_str()) != 0)
        return io_error("rename " + fresh.string() + " to", path_, errno);
    return {};
}

std::uint64_t JwksFile::unknown_kids() const {
    return mapping_ ? __atomic_load_n(&mapping_->header().unknown_kids, __ATOMIC_RELAXED) : 0;
}

Instant JwksFile::usable_until() const {
    return mapping_ ? instant_from_us(__atomic_load_n(&mapping_->header().usable_until_us, __ATOMIC_RELAXED))
                    : Instant{};
}

}  // namespace tally::edge
