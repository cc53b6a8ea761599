#include "edge/token/jwks_reader.hpp"

#include "base/crc32c.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally::edge {
namespace {

bool are_keys(const unsigned char* at, std::size_t size, std::size_t count) {
    for (; count > 0; --count) {
        JwksKeyHeader key = {};
        if (size < sizeof key)
            return false;
        std::memcpy(&key, at, sizeof key);
        if (key.size > size || key.size % 8 != 0 || key.kid_size > kKidSizeMax ||
            key.der_size > kJwksDerSizeMax || key.size < sizeof key + key.kid_size + key.der_size)
            return false;
        at += key.size;
        size -= key.size;
    }
    return size == 0;
}

}  // namespace

bool is_jwks_file(const void* file, std::size_t size) {
    if (size < sizeof(JwksFileHeader) || size > kJwksFileSizeMax)
        return false;
    const auto& header = *static_cast<const JwksFileHeader*>(file);
    const auto* content = static_cast<const unsigned char*>(file) + sizeof header;
    return std::memcmp(header.magic, kJwksFileMagic, sizeof header.magic) == 0 &&
           header.version == kJwksFileVersion && header.header_size == sizeof header &&
           header.content_size == size - sizeof header && header.key_count <= kJwksKeysMax &&
           header.issuer_size <= sizeof header.issuer &&
           crc32c(&header, kJwksFileCrcSpan) == header.header_crc &&
           crc32c(content, header.content_size) == header.content_crc &&
           are_keys(content, header.content_size, header.key_count);
}

int JwksReader::open(const char* path, std::string_view issuer) {
    path_ = path;
    issuer_ = issuer;
    return refresh();
}

int JwksReader::refresh() {
    bool writable = true;
    int fd = ::open(path_, O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT) {
        writable = false;
        fd = ::open(path_, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0)
        return errno;
    const int error = take(fd, writable);
    ::close(fd);
    return error;
}

int JwksReader::take(int fd, bool writable) {
    struct stat info = {};
    if (::fstat(fd, &info) != 0)
        return errno;
    if (header_ != nullptr && info.st_dev == device_ && info.st_ino == inode_)
        return 0;
    const auto size = static_cast<std::size_t>(info.st_size);
    if (size < sizeof(JwksFileHeader) || size > kJwksFileSizeMax)
        return kBadFile;
    void* memory = ::mmap(nullptr, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return errno;
    auto* header = static_cast<JwksFileHeader*>(memory);
    int error = 0;
    if (!is_jwks_file(memory, size))
        error = kBadFile;
    else if (std::string_view(header->issuer, header->issuer_size) != issuer_)
        error = kOtherIssuer;
    if (error != 0) {
        ::munmap(memory, size);
        return error;
    }
    close();
    header_ = header;
    mapped_size_ = size;
    writable_ = writable;
    device_ = info.st_dev;
    inode_ = info.st_ino;
    ++epoch_;
    load_keys(static_cast<const unsigned char*>(memory) + sizeof(JwksFileHeader));
    return 0;
}

// A key that libcrypto does not take is left out.
void JwksReader::load_keys(const unsigned char* content) {
    for (std::uint32_t i = 0; i < header_->key_count; ++i) {
        JwksKeyHeader from = {};
        std::memcpy(&from, content, sizeof from);
        Key& to = keys_[key_count_];
        to.kid_size = from.kid_size;
        std::memcpy(to.kid, content + sizeof from, from.kid_size);
        if (to.key.load(static_cast<TokenAlgorithm>(from.algorithm), content + sizeof from + from.kid_size,
                        from.der_size))
            ++key_count_;
        content += from.size;
    }
}

void JwksReader::close() {
    if (header_ != nullptr)
        ::munmap(header_, mapped_size_);
    header_ = nullptr;
    for (std::size_t i = 0; i < key_count_; ++i)
        keys_[i].key.reset();
    key_count_ = 0;
}

bool JwksReader::usable(std::int64_t now_us) const {
    return header_ != nullptr && now_us < __atomic_load_n(&header_->usable_until_us, __ATOMIC_RELAXED);
}

const VerificationKey* JwksReader::find(TokenAlgorithm algorithm, std::string_view kid) const {
    const VerificationKey* found = nullptr;
    for (std::size_t i = 0; i < key_count_; ++i) {
        const Key& key = keys_[i];
        if (key.key.algorithm() != algorithm)
            continue;
        if (!kid.empty() && std::string_view(key.kid, key.kid_size) != kid)
            continue;
        if (found != nullptr)
            return nullptr;
        found = &key.key;
    }
    return found;
}

void JwksReader::report_unknown_kid() {
    if (header_ != nullptr && writable_)
        __atomic_fetch_add(&header_->unknown_kids, 1, __ATOMIC_RELAXED);
}

}  // namespace tally::edge
