// Latency of small queries over lake and tail, and from a captured request to the answer that shows it.
//
//   bench_query [delivered rows] [rows beyond the lake] [rounds]
#include "base/clock.hpp"
#include "base/time_text.hpp"
#include "support/request_lake.hpp"
#include "usage/usage.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

namespace tally {
namespace {

constexpr std::int64_t kStart = 1'790'000'000'000'000;

std::uint64_t resident_mib() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) >> 20;
}

void capture_rows(test::RequestLake& lake, int rows, int first) {
    for (int i = first; i < first + rows; ++i) {
        test::CapturedRequest request;
        request.time = instant_from_us(kStart + std::int64_t{i} * 10'000);
        request.key = "key_" + std::to_string(i % 100);
        request.customer = "cus_" + std::to_string(i % 50);
        request.path = "/v1/items/" + std::to_string(i % 1000);
        request.status = i % 50 == 0 ? 404 : 200;
        request.bytes_sent = 500 + i % 5000;
        lake.capture(request);
    }
}

void print_times(const char* what, int rounds, const std::function<void()>& run) {
    const SystemClock clock;
    std::vector<double> ms;
    for (int i = 0; i < rounds; ++i) {
        const Microseconds before = clock.monotonic();
        run();
        ms.push_back(static_cast<double>((clock.monotonic() - before).count()) / 1000);
    }
    std::sort(ms.begin(), ms.end());
    fmt::print("{:44}{:9.1f}{:9.1f}\n", what, ms[ms.size() / 2], ms[ms.size() * 99 / 100]);
}

void ask(test::RequestLake& lake, std::string_view sql) {
    const auto result = lake.engine().run_user_sql(sql);
    if (!result.ok() || result->rows.empty()) {
        fmt::print(stderr, "{}: {}\n", sql, result.ok() ? "no rows" : result.error().message);
        std::exit(1);
    }
}

// Captures a request that no other is like and asks for it; one question must do.
void see_new_request(test::RequestLake& lake, int number) {
    lake.capture({.path = "/seen/" + std::to_string(number)});
    ask(lake, fmt::format("SELECT cs_uri_stem FROM requests WHERE cs_uri_stem = '/seen/{}'", number));
}

void measure_egress(test::RequestLake& lake) {
    const usage::MeterQuestion question{.customer = CustomerId("cus_7"),
                                        .from = instant_from_us(kStart),
                                        .to = instant_from_us(kStart) + std::chrono::hours(24 * 30),
                                        .cut = {.snapshot = lake.snapshot()}};
    if (!usage::measure(lake.engine(), usage::built_in_meters()[1], question).ok())
        std::exit(1);
}

void report_by_key(test::RequestLake& lake) {
    usage::UsageQuestion question;
    question.from = instant_from_us(kStart);
    question.to = question.from + std::chrono::hours(24 * 30);
    question.by = {"api_key"};
    question.window = usage::Window::kDay;
    if (!usage::report(lake.engine(), question).ok())
        std::exit(1);
}

int run(int delivered, int beyond, int rounds) {
    test::RequestLake lake;
    constexpr int kRowsADelivery = 100'000;
    for (int i = 0; i < delivered; i += kRowsADelivery) {
        capture_rows(lake, std::min(kRowsADelivery, delivered - i), i);
        lake.deliver();
    }
    capture_rows(lake, beyond, delivered);
    const std::uint64_t before = resident_mib();
    fmt::print("{} rows delivered, {} beyond; ms\n{:44}{:>9}{:>9}\n", delivered, beyond, "", "p50", "p99");
    print_times("SELECT 1", rounds, [&] { ask(lake, "SELECT 1"); });
    print_times("count(*)", rounds, [&] { ask(lake, "SELECT count(*) FROM requests"); });
    print_times("group by key", rounds, [&] {
        ask(lake, "SELECT api_key_id, count(*), sum(sc_bytes) FROM requests GROUP BY 1 ORDER BY 1");
    });
    print_times("one customer's egress, cloudfront view", rounds, [&] {
        ask(lake, "SELECT sum(sc_bytes) FROM cloudfront_realtime_logs WHERE api_key = 'key_7'");
    });
    print_times("usage by key and day", rounds, [&] { report_by_key(lake); });
    print_times("a meter at a snapshot", rounds, [&] { measure_egress(lake); });
    int number = 0;
    print_times("request captured -> seen in SQL", rounds, [&] { see_new_request(lake, ++number); });
    fmt::print("resident MiB before the first query {}, after the last {}\n", before, resident_mib());
    return 0;
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
    const auto argument = [&](int index, int otherwise) {
        return argc > index ? std::atoi(argv[index]) : otherwise;
    };
    return tally::run(argument(1, 200'000), argument(2, 20'000), argument(3, 100));
}
