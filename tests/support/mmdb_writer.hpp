#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>

namespace tally::test {

// Writes MaxMind DB files (format 2.0: search tree with records of 24 bits, data section, metadata) for
// tests: networks with a country and an autonomous system. A later network overrides earlier ones inside it.
class MmdbWriter {
  public:
    // `ip_version` 6: IPv4 networks lie below ::/96, as in MaxMind's files. 4: there is nothing but IPv4.
    explicit MmdbWriter(int ip_version) : ip_version_(ip_version), nodes_(1) {}

    // `network`: "203.0.113.0/24" or "2001:db8::/32". Empty country or 0: that member is left out.
    void add(std::string_view network, std::string_view country, std::uint32_t asn) {
        const std::size_t slash = network.find('/');
        const std::string address(network.substr(0, slash));
        unsigned bits = static_cast<unsigned>(std::stoi(std::string(network.substr(slash + 1))));
        std::array<unsigned char, 16> bytes{};
        if (address.find(':') != std::string::npos) {
            inet_pton(AF_INET6, address.c_str(), bytes.data());
        } else {
            inet_pton(AF_INET, address.c_str(), bytes.data() + (ip_version_ == 6 ? 12 : 0));
            bits += ip_version_ == 6 ? 96 : 0;
        }
        insert(bytes, bits, -1 - static_cast<std::int64_t>(data_.size()));
        append_entry(country, asn);
    }

    [[nodiscard]] std::string file() const {
        std::string out;
        for (const Node& node : nodes_)
            for (const std::int64_t record : node)
                append_record(record, out);
        out.append(kSeparatorSize, '\0').append(data_);
        return out.append("\xAB\xCD\xEFMaxMind.com").append(metadata());
    }

  private:
    // >= 0: a node; kNone: nothing; below: the data at offset -1 - record.
    using Node = std::array<std::int64_t, 2>;
    static constexpr std::int64_t kNone = 0;  // no record leads back to the root
    static constexpr std::size_t kSeparatorSize = 16;

    static std::string text(std::string_view value) {
        return static_cast<char>(2 << 5 | value.size()) + std::string(value);
    }

    static std::string map(std::size_t members) { return {static_cast<char>(7 << 5 | members)}; }

    // Types: 5 = uint16, 6 = uint32, 9 = uint64 (beyond 7 in a byte of its own).
    static std::string number(int type, std::uint64_t value) {
        std::string bytes;
        for (; value != 0; value >>= 8U)
            bytes.insert(bytes.begin(), static_cast<char>(value & 0xFFU));
        const int first = type > 7 ? 0 : type;
        std::string out{static_cast<char>(first << 5 | static_cast<int>(bytes.size()))};
        if (type > 7)
            out += static_cast<char>(type - 7);
        return out + bytes;
    }

    void append_entry(std::string_view country, std::uint32_t asn) {
        data_ += map((country.empty() ? 0U : 1U) + (asn == 0 ? 0U : 1U));
        if (!country.empty())
            data_ += text("country") + map(1) + text("iso_code") + text(country);
        if (asn != 0)
            data_ += text("autonomous_system_number") + number(6, asn);
    }

    void insert(const std::array<unsigned char, 16>& bytes, unsigned bits, std::int64_t data) {
        std::size_t at = 0;
        for (unsigned bit = 0; bit < bits; ++bit) {
            const std::size_t side = bytes[bit / 8] >> (7 - bit % 8) & 1U;
            if (bit + 1 == bits) {
                nodes_[at][side] = data;
                return;
            }
            if (nodes_[at][side] <= 0) {
                const std::int64_t inherited = nodes_[at][side];
                nodes_[at][side] = static_cast<std::int64_t>(nodes_.size());
                nodes_.push_back({inherited, inherited});
            }
            at = static_cast<std::size_t>(nodes_[at][side]);
        }
    }

    void append_record(std::int64_t record, std::string& out) const {
        auto value = static_cast<std::uint64_t>(record);
        if (record == kNone)
            value = nodes_.size();
        else if (record < 0)
            value = nodes_.size() + kSeparatorSize + static_cast<std::uint64_t>(-1 - record);
        for (const unsigned shift : {16U, 8U, 0U})
            out += static_cast<char>(value >> shift & 0xFFU);
    }

    [[nodiscard]] std::string metadata() const {
        return map(9) + text("binary_format_major_version") + number(5, 2) +
               text("binary_format_minor_version") + number(5, 0) + text("build_epoch") +
               number(9, 1'790'000'000) + text("database_type") + text("Test") + text("description") +
               map(0) + text("ip_version") + number(5, static_cast<std::uint64_t>(ip_version_)) +
               text("languages") + std::string("\x00\x04", 2) + text("node_count") +
               number(6, nodes_.size()) + text("record_size") + number(5, 24);
    }

    int ip_version_;
    std::vector<Node> nodes_;
    std::string data_;
};

}  // namespace tally::test
