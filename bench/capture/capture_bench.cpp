// What a captured request costs: appending, completing, and reading it back.
//
//   bench_capture [records] [instructions]
//
// With `instructions`, the writer alone runs, for `valgrind --tool=callgrind`.
#include "capture/capture_log.hpp"
#include "capture/segment_writer.hpp"
#include "support/temp_folder.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace tally::capture {
namespace {

double cpu_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

constexpr std::string_view kHeadersText =
    "Host:api.example.com\nUser-Agent:Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\n"
    "Accept:application/json\nAccept-Encoding:gzip, deflate, br\nX-Forwarded-For:203.0.113.7\n"
    "Referer:https://www.example.com/products\nCookie:session=5f2b8a91c0de4477\n";

constexpr std::string_view kStrings[] = {
    "key_7Qm2Zr81",   "cus_2Lx9Pd40",    "gold", "prod", "/data/{id}", "GET", "/data/4711/parts",
    "page=3&size=50", "application/json"};

void append(SegmentWriter& writer, std::uint64_t number) {
    RecordBuilder record;
    if (!writer.begin(1000, 1'790'000'000'000'000 + number, record)) {
        fmt::print(stderr, "no room: errno {}\n", writer.last_errno());
        std::exit(1);
    }
    record.fixed->time_us = 1'790'000'000'000'000 + number;
    record.fixed->header_count = 7;
    record.completion->status = 200;
    unsigned index = 0;
    for (const std::string_view text : kStrings)
        record.add(static_cast<StringIndex>(index++), text.data(), text.size());
    record.add(kHeaders, kHeadersText.data(), kHeadersText.size());
    PendingRecord pending = writer.commit(record);
    Completion last{};
    last.status = 200;
    last.bytes_sent = 512;
    last.time_taken_us = 900;
    writer.complete(pending, last);
}

void print(std::string_view what, double ns, std::size_t records) {
    fmt::print("{:<44}{:>8.0f} ns a record\n", what, ns / static_cast<double>(records));
}

int run(std::size_t records, bool writer_only) {
    const tally::test::TempFolder folder;
    const std::string path = folder.path().string();
    WriterOptions options;
    options.folder = path.c_str();
    SegmentWriter writer;
    if (writer.open(options, 1, 1) != 0)
        return 1;
    double start = cpu_ns();
    for (std::size_t n = 0; n < records; ++n)
        append(writer, n);
    const double written = cpu_ns() - start;
    writer.close();
    if (writer_only)
        return 0;
    print("append and complete, with page faults", written, records);
    const CaptureLog log(folder.path());
    for (const char* what : {"scan, first time", "scan, pages in the cache"}) {
        start = cpu_ns();
        auto scan = log.scan({}, {records});
        const double scanned = cpu_ns() - start;
        if (!scan.ok() || scan->records.size() != records)
            return 1;
        print(what, scanned, records);
    }
    const std::string bytes(600, 'x');
    std::uint32_t crc = 0;
    start = cpu_ns();
    for (std::size_t n = 0; n < records; ++n)
        crc = crc32c(bytes.data(), bytes.size(), crc);
    print(fmt::format("of it checksumming 600 bytes ({:08x})", crc), cpu_ns() - start, records);
    return 0;
}

}  // namespace
}  // namespace tally::capture

int main(int argc, char** argv) {
    const std::size_t records = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 250'000;
    return tally::capture::run(records, argc > 2);
}
