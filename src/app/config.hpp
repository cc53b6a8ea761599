#pragma once

#include "app/config_traffic.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tally::app {

// An IP address and a port, "127.0.0.1:8080" or "[::1]:8080".
struct ListenAddress {
    std::string address;
    std::uint16_t port = 0;
    bool operator==(const ListenAddress&) const = default;

    [[nodiscard]] std::string text() const;  // as in the file

    [[nodiscard]] std::string url() const { return "http://" + text(); }

    static Result<ListenAddress> parse(std::string_view text);
    [[nodiscard]] bool is_loopback() const;
};

enum class OnFull { kReject, kServe };

// tallyman.toml, read and checked. The defaults here are those of the generated file (a test compares them).
struct Config {
    struct Edge {
        ListenAddress listen{"127.0.0.1", 8080};
        std::string upstream = "http://127.0.0.1:9000";
        std::vector<std::string> key_headers{"x-api-key"};
        bool anonymous = false;
        std::vector<std::string> anonymous_paths;
        std::string certificate;  // PEM file; empty = no TLS
        std::string key;          // the same
        std::string jwt_issuer;   // empty = no tokens
        std::string jwt_jwks;     // empty = at the issuer
        std::vector<std::string> jwt_audience;
        std::vector<std::string> jwt_token_use{"access"};
        std::string jwt_principal_claim = "sub";
        Microseconds jwt_clock_skew = std::chrono::seconds(60);
        bool jwt_admit_unknown = false;
        bool jwt_private_addresses = false;
        std::int64_t workers = 0;  // 0 = one for each core
        std::string stage = "prod";
        std::string edge_location = "LOCAL1-P1";
        std::string distribution = "localhost";
        Microseconds credit_interval = std::chrono::milliseconds(250);
        std::int64_t credit_lease = 10'000;             // requests
        std::vector<std::string> access_logs;           // "standard", "realtime", "apigateway"
        std::string access_log_folder = "access-logs";  // relative to the data folder
        Microseconds access_log_interval = std::chrono::seconds(60);
        std::string distribution_id = "ELOCAL";
        std::vector<std::string> realtime_fields;  // empty = those of the published sample
        std::vector<std::string> dimensions;       // response headers, in lower case
        bool dimensions_hide = false;
        std::string geo_database;  // relative to the data folder; empty = none
        std::string asn_database;  // the same
        TrafficConfig traffic;
        bool operator==(const Edge&) const = default;
    } edge;

    struct Capture {
        Microseconds sync_interval = std::chrono::milliseconds(100);
        OnFull on_full = OnFull::kReject;
        std::uint64_t segment_size = 8ULL * 1024 * 1024;
        std::uint64_t size_max = 4ULL * 1024 * 1024 * 1024;
        bool operator==(const Capture&) const = default;
    } capture;

    struct Delivery {
        Microseconds flush_interval = std::chrono::seconds(15);
        std::uint64_t flush_size = 128ULL * 1024 * 1024;
        bool operator==(const Delivery&) const = default;
    } delivery;

    struct Lake {
        std::string warehouse = "file:lake";  // relative to the data folder
        bool operator==(const Lake&) const = default;
    } lake;

    struct State {
        std::string database = "sqlite:state.db";  // relative to the data folder
        bool operator==(const State&) const = default;
    } state;

    struct Api {
        ListenAddress listen{"127.0.0.1", 8090};
        bool operator==(const Api&) const = default;
    } api;

    struct Aws {
        ListenAddress listen{"127.0.0.1", 8091};
        bool operator==(const Aws&) const = default;
    } aws;

    bool operator==(const Config&) const = default;
};

// Reads a tallyman.toml; what it does not name keeps its default. kInvalidArgument with "file:line:column"
// for anything that is not TOML, unknown keys and sections (with the nearest right name), wrong types and bad
// values.
Result<Config> parse_config(std::string_view text, std::string_view file_name);

// The file that `init` writes: every key with its default, unit and meaning.
std::string generated_config();

// "250ms", "15s", "5m", "1h". kInvalidArgument shows the text and the form.
Result<Microseconds> parse_duration(std::string_view text);
// "128MiB", "64KiB", "4GiB", "512B".
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace tally::app
