#include "edge/geo_database.hpp"

#include "base/file_descriptor.hpp"

#include <array>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally::edge {
namespace {

constexpr std::size_t kAddressSize = 16;
using Address = std::array<unsigned char, kAddressSize>;

// What tells that a file is another one than before.
struct Stamp {
    ino_t inode = 0;
    off_t size = -1;  // -1 = the file is not there
    std::int64_t changed_ns = 0;
    bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const Path& path) {
    struct stat found {};

    if (::stat(path.c_str(), &found) != 0)
        return {};
    return {found.st_ino, found.st_size,
            std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec};
}

// One database in memory of its own, so that nobody can change or cut the file under it.
class Database {
  public:
    static Result<std::shared_ptr<const Database>> open(const Path& path) {
        PosixFileSystem files;
        TRY_ASSIGN(const std::string content, files.read(path));
        const FileDescriptor memory(::memfd_create("tallyman-geo", MFD_CLOEXEC));
        for (std::size_t at = 0; at < content.size();) {
            const ssize_t written = ::write(memory.get(), content.data() + at, content.size() - at);
            if (written <= 0)
                return Error{ErrorCode::kResourceExhausted,
                             fmt::format("no memory for {}: {}", path.string(), std::strerror(errno))};
            at += static_cast<std::size_t>(written);
        }
        auto database = std::make_shared<Database>();
        const int error = MMDB_open(fmt::format("/proc/self/fd/{}", memory.get()).c_str(), MMDB_MODE_MMAP,
                                    &database->mmdb_);
        if (error != MMDB_SUCCESS)
            return Error{ErrorCode::kCorruption,
                         fmt::format("{} is no MaxMind DB file that can be read ({}); fetch it again",
                                     path.string(), MMDB_strerror(error))};
        database->is_open_ = true;
        return std::shared_ptr<const Database>(std::move(database));
    }

    Database() = default;

    ~Database() {
        if (is_open_)
            MMDB_close(&mmdb_);
    }

    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    // The value at the path of keys, which ends with nullptr; false when there is none.
    template <class... Keys>
    bool find(const Address& address, MMDB_entry_data_s& data, Keys... keys) const {
        MMDB_lookup_result_s found = look_up(address);
        return found.found_entry &&
               MMDB_get_value(&found.entry, &data, keys..., static_cast<const char*>(nullptr)) ==
                   MMDB_SUCCESS &&
               data.has_data;
    }

  private:
    // IPv4 lies elsewhere in the tree than ::ffff:0:0/96, and alone in a tree of IPv4.
    [[nodiscard]] MMDB_lookup_result_s look_up(const Address& address) const {
        int error = MMDB_SUCCESS;
        MMDB_lookup_result_s found{};
        const auto ask = [&](const auto& socket_address) {
            found = MMDB_lookup_sockaddr(&mmdb_, reinterpret_cast<const sockaddr*>(&socket_address), &error);
        };
        const in6_addr& v6 = reinterpret_cast<const in6_addr&>(address);
        if (IN6_IS_ADDR_V4MAPPED(&v6) != 0) {
            sockaddr_in v4{};
            v4.sin_family = AF_INET;
            std::memcpy(&v4.sin_addr, address.data() + 12, 4);
            ask(v4);
        } else {
            sockaddr_in6 whole{};
            whole.sin6_family = AF_INET6;
            whole.sin6_addr = v6;
            ask(whole);
        }
        if (error != MMDB_SUCCESS)
            found.found_entry = false;
        return found;
    }

    MMDB_s mmdb_{};
    bool is_open_ = false;
};

// The newest readable state of one file.
class WatchedFile {
  public:
    WatchedFile(Path path, GeoDatabase::Warn& warn) : path_(std::move(path)), warn_(warn) {}

    Status open() {
        if (path_.empty())
            return {};
        seen_ = stamp_of(path_);
        TRY_ASSIGN(database_, Database::open(path_));
        return {};
    }

    // nullptr when there is none.
    std::shared_ptr<const Database> current() {
        if (path_.empty())
            return nullptr;
        const Stamp now = stamp_of(path_);
        const std::lock_guard lock(mutex_);
        if (now == seen_)
            return database_;
        seen_ = now;
        if (now.size < 0) {
            warn_(fmt::format("{} is gone: callers' places are unknown until it is back", path_.string()));
            database_ = nullptr;
        } else if (auto next = Database::open(path_); next.ok()) {
            database_ = std::move(*next);
        } else {
            warn_(fmt::format("{}. {} stays in use", next.error().message,
                              database_ != nullptr ? "The one from before" : "None"));
        }
        return database_;
    }

  private:
    const Path path_;
    GeoDatabase::Warn& warn_;
    std::mutex mutex_;
    Stamp seen_;                                // guarded by mutex_
    std::shared_ptr<const Database> database_;  // guarded by mutex_
};

// Addresses of no place: RFC 1918, 6598 and 3927, loopback, unique local and link-local.
bool is_nowhere(const Address& address) {
    const in6_addr& v6 = reinterpret_cast<const in6_addr&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6) == 0)
        return (address[0] & 0xFEU) == 0xFC || IN6_IS_ADDR_LINKLOCAL(&v6) != 0 ||
               IN6_IS_ADDR_LOOPBACK(&v6) != 0 || IN6_IS_ADDR_UNSPECIFIED(&v6) != 0;
    const unsigned first = address[12];
    const unsigned second = address[13];
    return first == 0 || first == 10 || first == 127 || (first == 172 && second / 16 == 1) ||
           (first == 192 && second == 168) || (first == 169 && second == 254) ||
           (first == 100 && second / 64 == 1);
}

struct Place {
    char country[2] = {};
    std::uint32_t asn = 0;
};

Place place_of(const Address& address, const Database* countries, const Database* networks) {
    Place place;
    if (is_nowhere(address))
        return place;
    MMDB_entry_data_s data{};
    if (countries != nullptr && countries->find(address, data, "country", "iso_code") &&
        data.type == MMDB_DATA_TYPE_UTF8_STRING && data.data_size == sizeof place.country)
        std::memcpy(place.country, data.utf8_string, sizeof place.country);
    if (networks != nullptr && networks->find(address, data, "autonomous_system_number") &&
        data.type == MMDB_DATA_TYPE_UINT32)
        place.asn = data.uint32;
    return place;
}

// Places of addresses that were asked for before in a batch: callers come back.
class PlaceCache {
  public:
    PlaceCache(const Database* countries, const Database* networks)
        : countries_(countries), networks_(networks), slots_(kSlots) {}

    const Place& find(const unsigned char* bytes) {
        Address address;
        std::memcpy(address.data(), bytes, kAddressSize);
        std::uint64_t words[2];
        std::memcpy(words, bytes, sizeof words);
        Slot& slot = slots_[((words[0] ^ words[1]) * 0x9E3779B97F4A7C15ULL) >> kShift];
        if (!slot.is_used || slot.address != address)
            slot = {true, address, place_of(address, countries_, networks_)};
        return slot.place;
    }

  private:
    static constexpr unsigned kShift = 54;
    static constexpr std::size_t kSlots = 1ULL << (64 - kShift);

    struct Slot {
        bool is_used = false;
        Address address{};
        Place place;
    };

    const Database* countries_;
    const Database* networks_;
    std::vector<Slot> slots_;
};

}  // namespace

struct GeoDatabase::Impl {
    Impl(const GeoFiles& files, Warn given)
        : warn(std::move(given)), countries(files.country, warn), networks(files.asn, warn) {}

    Warn warn;
    WatchedFile countries;
    WatchedFile networks;
};

GeoDatabase::GeoDatabase(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GeoDatabase::~GeoDatabase() = default;

Result<std::unique_ptr<GeoDatabase>> GeoDatabase::open(const GeoFiles& files, Warn warn) {
    auto impl = std::make_unique<Impl>(files, std::move(warn));
    TRY(impl->countries.open());
    TRY(impl->networks.open());
    return std::unique_ptr<GeoDatabase>(new GeoDatabase(std::move(impl)));
}

void GeoDatabase::locate(std::span<RequestRecord> records) {
    const auto countries = impl_->countries.current();
    const auto networks = impl_->networks.current();
    if (countries == nullptr && networks == nullptr)
        return;
    PlaceCache cache(countries.get(), networks.get());
    for (RequestRecord& record : records) {
        if (record.client_address == nullptr)
            continue;
        const Place& place = cache.find(record.client_address);
        std::memcpy(record.country, place.country, sizeof record.country);
        record.asn = place.asn;
    }
}

}  // namespace tally::edge
