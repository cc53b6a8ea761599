#pragma once

#include "edge/token/jwks_file_format.hpp"
#include "edge/token/verification_key.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tally::edge {

// Whether these bytes are a whole key file of this version.
bool is_jwks_file(const void* file, std::size_t size);

// A worker's view of the issuer's keys: follows the path when the server replaces the file. One thread. Free
// of the C++ library; libcrypto allocates when keys are loaded, never afterwards.
class JwksReader {
  public:
    // Not errnos: the file is there and is no whole key file of this version; it is one of another issuer.
    static constexpr int kBadFile = -1;
    static constexpr int kOtherIssuer = -2;

    JwksReader() = default;

    ~JwksReader() { close(); }

    JwksReader(const JwksReader&) = delete;
    JwksReader& operator=(const JwksReader&) = delete;

    // Both texts outlive the reader; `path` is zero-terminated. 0, an errno, kBadFile or kOtherIssuer.
    int open(const char* path, std::string_view issuer);

    // Takes over the file at the path if it is another one than before; one fstat if not. Results as open().
    // Where the new one cannot be taken, or there is none, the keys from before stay in use until they are
    // too old.
    int refresh();

    void close();

    // Whether there are keys, fetched not too long ago.
    [[nodiscard]] bool usable(std::int64_t now_us) const;

    // Of the name; without one, the only key of this algorithm. Null when there is none, or when the named
    // one is for another algorithm.
    [[nodiscard]] const VerificationKey* find(TokenAlgorithm algorithm, std::string_view kid) const;

    // Asks the server to look whether the issuer has other keys by now.
    void report_unknown_kid();

    // Another number after each change of the keys; what was verified before counts no longer.
    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

  private:
    struct Key {
        VerificationKey key;
        std::size_t kid_size = 0;
        char kid[kKidSizeMax] = {};
    };

    int take(int fd, bool writable);
    void load_keys(const unsigned char* content);

    const char* path_ = nullptr;
    std::string_view issuer_;
    JwksFileHeader* header_ = nullptr;
    std::size_t mapped_size_ = 0;
    bool writable_ = false;
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
    std::uint64_t epoch_ = 0;
    std::size_t key_count_ = 0;
    Key keys_[kJwksKeysMax];
};

}  // namespace tally::edge
