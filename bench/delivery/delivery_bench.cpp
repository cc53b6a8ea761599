// Capture log -> committed table: CPU time a row and peak memory.
//
//   bench_delivery generate FOLDER ROWS   writes FOLDER/capture and, for the peer, FOLDER/requests.tsv
//   bench_delivery deliver FOLDER         delivers FOLDER/capture into FOLDER/lake; prints one JSON object
//   bench_delivery columns                prints the table's columns and types for the peer, one a line
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/json_writer.hpp"
#include "base/random.hpp"
#include "delivery/delivery.hpp"
#include "support/memory_pointer_store.hpp"
#include "traffic.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>

namespace tally::bench {
namespace {

struct Usage {
    double cpu_us = 0;
    double peak_mib = 0;
};

Usage usage_now() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto us = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    return {us(used.ru_utime) + us(used.ru_stime), static_cast<double>(used.ru_maxrss) / 1024};
}

Status generate(const Path& folder, std::uint64_t rows) {
    PosixFileSystem files;
    TRY(files.make_folders(folder / "capture"));
    TRY(write_traffic(folder / "capture", rows));
    return write_tsv(folder / "capture", folder / "requests.tsv");
}

Status deliver(const Path& folder) {
    PosixFileSystem files;
    SystemClock clock;
    SystemRandom random;
    test::MemoryPointerStore pointers;
    lake::LakeServices services{.files = &files,
                                .pointers = &pointers,
                                .clock = &clock,
                                .random = &random,
                                .warehouse = folder / "lake"};
    TRY(files.make_folders(services.warehouse));
    TRY_ASSIGN(const auto table,
               lake::Table::open_or_create(services, delivery::requests_table_definition()));
    capture::CaptureLog log(folder / "capture");
    delivery::DeliveryOptions options;
    options.errors_folder = folder / "errors";
    delivery::Delivery delivery(options, log, table, files, clock, random);

    const Usage before = usage_now();
    const auto begin = clock.monotonic();
    TRY_ASSIGN(const auto result, delivery.flush());
    const auto seconds = static_cast<double>((clock.monotonic() - begin).count()) / 1e6;
    const Usage after = usage_now();

    TRY_ASSIGN(const auto state, table.state());
    TRY_ASSIGN(const auto data_files, table.files(state, state.current.value_or(SnapshotId{})));
    std::int64_t bytes = 0;
    for (const lake::DataFile& file : data_files)
        bytes += file.file_size;
    const auto rows = static_cast<double>(std::max<std::uint64_t>(result.delivered, 1));
    JsonWriter json;
    json.begin_object()
        .field("rows", static_cast<std::int64_t>(result.delivered))
        .field("cpu_us_per_row", (after.cpu_us - before.cpu_us) / rows)
        .field("peak_rss_mib", after.peak_mib)
        .field("bytes_per_row", static_cast<double>(bytes) / rows)
        .field("commits", static_cast<std::int64_t>(result.commits))
        .field("files", static_cast<std::int64_t>(data_files.size()))
        .field("seconds", seconds)
        .end_object();
    std::puts(json.take().c_str());
    return {};
}

void print_columns() {
    for (const ColumnDefinition& column : kRequestsColumns) {
        std::string_view type = "VARCHAR";
        switch (column.type) {
            case ColumnType::kString: break;
            case ColumnType::kInt: type = "INTEGER"; break;
            case ColumnType::kTimestampTz:
            case ColumnType::kLong: type = "BIGINT"; break;
            case ColumnType::kDouble: type = "DOUBLE"; break;
        }
        std::puts(fmt::format("{} {}", column.name, type).c_str());
    }
}

Status run(const std::vector<std::string>& arguments) {
    if (arguments.size() == 3 && arguments[0] == "generate")
        return generate(arguments[1], std::stoull(arguments[2]));
    if (arguments.size() == 2 && arguments[0] == "deliver")
        return deliver(arguments[1]);
    if (arguments.size() == 1 && arguments[0] == "columns") {
        print_columns();
        return {};
    }
    return Error{ErrorCode::kInvalidArgument,
                 "usage: bench_delivery generate FOLDER ROWS | deliver FOLDER | columns"};
}

}  // namespace
}  // namespace tally::bench

int main(int argc, char** argv) {
    const auto done = tally::bench::run({argv + 1, argv + argc});
    if (!done.ok())
        fmt::print(stderr, "bench_delivery: {}\n", done.error().message);
    return done.ok() ? 0 : 1;
}
