// What the server publishes to the edge: a key table, a plan with throttle and quota, and accounts for every
// key; and the keys, one a line of keys.txt.
//
//   bench_edge_keys FOLDER COUNT
#include "edge/key_table.hpp"
#include "edge/limit_file.hpp"
#include "edge/plan_table.hpp"

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

Status make_keys(const Path& folder, std::size_t count) {
    TRY_ASSIGN(const auto table, KeyTable::open_or_create(folder / "keys.table", kSecret));
    std::ofstream keys(folder / "keys.txt");
    std::vector<KeyEntry> entries;
    entries.reserve(count);
    for (std::size_t n = 0; n < count; ++n) {
        const std::string key = key_text(n);
        keys << key << '\n';
        KeyEntry& entry = entries.emplace_back();
        entry.digest = siphash128(kSecret, key.data(), key.size());
        entry.key_id = KeyId{fmt::format("key_{:016x}", n)};
        entry.customer_id = CustomerId{fmt::format("cus_{:016x}", n / 2)};
        entry.ordinal = static_cast<std::uint32_t>(n + 1);
        entry.plan = 1;
    }
    return table->rebuild(entries);
}

Status make_limits(const Path& folder, std::size_t count) {
    TRY_ASSIGN(const auto plans, PlanTable::open_or_create(folder / "plans.table"));
    PlanEntry plan{1, "plan_gold", {}};
    plan.limits.throttle = Throttle{10'000'000, 5'000};
    plan.limits.quota = Quota{1'000'000'000, QuotaPeriod::kMonth, 0};
    TRY(plans->rebuild({&plan, 1}));
    TRY_ASSIGN(const auto limits, LimitFile::open_or_create(folder / "limits"));
    TRY(limits->begin_rebuild());
    TRY(limits->reserve(static_cast<std::uint32_t>(count), 0));
    return limits->finish_rebuild();
}

int make(const char* folder, std::size_t count) {
    for (const Status& made : {make_keys(folder, count), make_limits(folder, count)}) {
        if (!made.ok()) {
            fmt::print(stderr, "{}\n", made.error().message);
            return 1;
        }
    }
    return 0;
}

}  // namespace
}  // namespace tally::edge

int main(int argc, char** argv) {
    std::size_t count = 0;
    if (argc == 3) {
        const std::string_view text = argv[2];
        std::from_chars(text.data(), text.data() + text.size(), count);
    }
    if (count == 0) {
        fmt::print(stderr, "usage: bench_edge_keys FOLDER COUNT\n");
        return 2;
    }
    return tally::edge::make(argv[1], count);
}
