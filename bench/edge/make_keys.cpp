// A key table as the server publishes it, and the keys in it, one a line.
//
//   bench_edge_keys TABLE KEYS COUNT
#include "edge/key_table.hpp"

#include <charconv>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace tally::edge {
namespace {

constexpr SipKey kSecret{0x5EC2E7, 0xBEEF};

// As long as a real key, spread as a real one.
std::string key_text(std::size_t number) {
    const Digest128 digest = siphash128(SipKey{1, 2}, &number, sizeof number);
    return fmt::format("tm_live_{:016x}{:016x}", digest.low, digest.high);
}

int make(const char* table_path, const char* keys_path, std::size_t count) {
    auto table = KeyTable::open_or_create(table_path, kSecret);
    if (!table.ok()) {
        fmt::print(stderr, "{}\n", table.error().message);
        return 1;
    }
    std::ofstream keys(keys_path);
    std::vector<KeyEntry> entries;
    entries.reserve(count);
    for (std::size_t n = 0; n < count; ++n) {
        const std::string key = key_text(n);
        keys << key << '\n';
        KeyEntry& entry = entries.emplace_back();
        entry.digest = siphash128(kSecret, key.data(), key.size());
        entry.key_id = KeyId{fmt::format("key_{:016x}", n)};
        entry.customer_id = CustomerId{fmt::format("cus_{:016x}", n / 2)};
        entry.usage_plan = UsagePlanId{"plan_gold"};
    }
    if (const Status built = (*table)->rebuild(entries); !built.ok()) {
        fmt::print(stderr, "{}\n", built.error().message);
        return 1;
    }
    return 0;
}

}  // namespace
}  // namespace tally::edge

int main(int argc, char** argv) {
    std::size_t count = 0;
    if (argc == 4) {
        const std::string_view text = argv[3];
        std::from_chars(text.data(), text.data() + text.size(), count);
    }
    if (count == 0) {
        fmt::print(stderr, "usage: bench_edge_keys TABLE KEYS COUNT\n");
        return 2;
    }
    return tally::edge::make(argv[1], argv[2], count);
}
