// The server's side of new keys: for each line on standard input one key is made and published into the
// tables of FOLDER; the key is the answer.
//
//   bench_edge_add_keys FOLDER FIRST      FIRST: how many keys the table holds already
#include "edge/key_table.hpp"
#include "edge/limit_file.hpp"

#include <charconv>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace tally::edge {
namespace {

constexpr SipKey kSecret{0x5EC2E7, 0xBEEF};

Status add(KeyTable& table, LimitFile& limits, std::uint32_t number, const std::string& key) {
    KeyEntry entry;
    entry.digest = table.digest_of(key);
    entry.key_id = KeyId{fmt::format("key_{:016x}", number)};
    entry.customer_id = CustomerId{"cus_new"};
    entry.ordinal = number;
    entry.plan = 1;
    TRY(limits.reserve(number, 0));
    return table.upsert(entry);
}

Status add_keys(const Path& folder, std::uint32_t first) {
    TRY_ASSIGN(const auto table, KeyTable::open_or_create(folder / "keys.table", kSecret));
    TRY_ASSIGN(const auto limits, LimitFile::open_or_create(folder / "limits"));
    std::uint32_t number = first;
    for (std::string line; std::getline(std::cin, line);) {
        const std::string key = fmt::format("tm_live_new_{:032x}", ++number);
        TRY(add(*table, *limits, number, key));
        std::cout << key << std::endl;
    }
    return {};
}

}  // namespace
}  // namespace tally::edge

int main(int argc, char** argv) {
    std::uint32_t first = 0;
    if (argc == 3) {
        const std::string_view text = argv[2];
        std::from_chars(text.data(), text.data() + text.size(), first);
    }
    if (first == 0) {
        std::cerr << "usage: bench_edge_add_keys FOLDER FIRST\n";
        return 2;
    }
    const tally::Status added = tally::edge::add_keys(argv[1], first);
    if (!added.ok())
        std::cerr << added.error().message << '\n';
    return added.ok() ? 0 : 1;
}
