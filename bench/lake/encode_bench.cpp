// CPU time, size and resident memory of encoding `requests` rows to Parquet.
//
//   bench_lake [rows] [rows a file] [rows a row group]
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/random.hpp"
#include "lake/batch_check.hpp"
#include "lake/parquet_file.hpp"
#include "lake/schema.hpp"
#include "model/requests_table.hpp"
#include "support/temp_folder.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>

namespace tally::lake {
namespace {

constexpr std::int64_t kDay = 20'400;
constexpr int kKeys = 500;

// Rows as delivery makes them: sorted by key and time; about eight columns of mostly distinct text, 28 of
// few values, the rest numbers and times; some columns null throughout.
class RowSource {
  public:
    ColumnBatch batch(std::size_t rows) {
        ColumnBatch out{.rows = rows, .columns = {}};
        for (const ColumnDefinition& column : kRequestsColumns)
            out.columns.push_back(make(column, rows));
        return out;
    }

  private:
    Column make(const ColumnDefinition& column, std::size_t rows) {
        switch (column.type) {
            case ColumnType::kString: return text(column, rows);
            case ColumnType::kInt: return numbers<std::int32_t>(column, rows);
            case ColumnType::kLong: return numbers<std::int64_t>(column, rows);
            case ColumnType::kDouble: return doubles(column, rows);
            case ColumnType::kTimestampTz: return times(rows);
        }
        return {};
    }

    std::int64_t below(std::int64_t limit) {
        return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random_);
    }

    Column text(const ColumnDefinition& column, std::size_t rows) {
        if (column.name == "record_id")
            return plain(rows,
                         [](std::size_t i) { return fmt::format("00c0ffee5eed1234{:016x}", i * 7919); });
        if (column.name == "c_ip")
            return plain(rows,
                         [this](std::size_t) { return fmt::format("203.0.{}.{}", below(256), below(256)); });
        if (column.name == "x_edge_request_id")
            return plain(rows, [this](std::size_t) { return random_base62(); });
        if (column.name == "cs_uri_stem")
            return plain(rows,
                         [this](std::size_t) { return fmt::format("/v1/orders/{}", below(1'000'000)); });
        if (column.name == "cs_uri_query")
            return plain(rows, [this](std::size_t) {
                return fmt::format("page={}&session={:x}", below(50), below(1LL << 40));
            });
        if (column.name == "cs_headers")
            return plain(rows, [this](std::size_t) {
                return fmt::format("Host:api.example.com%0AAccept:*/*%0AX-Trace:{:x}%0A", below(1LL << 60));
            });
        if (column.name == "api_key_id")
            return coded(rows, kKeys,
                         [rows](std::size_t i) { return static_cast<std::int32_t>(i * kKeys / rows); });
        if (column.name == "fle_status" || column.name == "cs_cookie" || column.name == "cs_referer")
            return coded(rows, 0, [](std::size_t) { return -1; });
        const int values =
            column.name == "cs_user_agent" ? 300 : 1 + static_cast<int>(column.name.size() % 12);
        return coded(rows, values,
                     [this, values](std::size_t) { return static_cast<std::int32_t>(below(values)); });
    }

    template <class Make>
    static Column plain(std::size_t rows, const Make& make) {
        PlainStrings out;
        for (std::size_t i = 0; i < rows; ++i) {
            out.bytes += make(i);
            out.ends.push_back(static_cast<std::int32_t>(out.bytes.size()));
        }
        return out;
    }

    template <class Code>
    static Column coded(std::size_t rows, int values, const Code& code) {
        CodedStrings out;
        for (int i = 0; i < values; ++i)
            out.values.push_back(fmt::format("value-{:04}-of-a-column", i));
        for (std::size_t i = 0; i < rows; ++i)
            out.codes.push_back(code(i));
        return out;
    }

    template <class T>
    Column numbers(const ColumnDefinition& column, std::size_t rows) {
        Numbers<T> out;
        const bool absent = column.name == "fle_encrypted_fields" || column.name.starts_with("sc_range");
        for (std::size_t i = 0; i < rows; ++i) {
            out.values.push_back(static_cast<T>(column.name == "sc_status" ? 200 : below(60'000)));
            if (absent)
                out.null.push_back(true);
        }
        return out;
    }

    Column doubles(const ColumnDefinition& column, std::size_t rows) {
        Numbers<double> out;
        for (std::size_t i = 0; i < rows; ++i) {
            out.values.push_back(static_cast<double>(below(2000)) / 1000);
            if (column.name.starts_with("origin"))
                out.null.push_back(i % 3 == 0);
        }
        return out;
    }

    Column times(std::size_t rows) {
        Timestamps out;
        for (std::size_t i = 0; i < rows; ++i)
            out.micros.push_back(kDay * 86'400'000'000 + static_cast<std::int64_t>(i % 500) * 40'000 +
                                 below(40'000));
        return out;
    }

    std::string random_base62() {
        static constexpr std::string_view kDigits =
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        std::string out(40, '=');
        for (char& c : out)
            c = kDigits[static_cast<std::size_t>(below(62))];
        return out;
    }

    std::mt19937_64 random_{7};
};

double cpu_us() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

long resident_max_kib() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

struct Figures {
    double check_us = 0;
    double encode_us = 0;
    std::int64_t bytes = 0;
};

Status encode(const ColumnBatch& batch, std::size_t files, std::size_t row_group, Figures& out) {
    const test::TempFolder folder;
    PosixFileSystem disk;
    const auto fields = fields_from(kRequestsColumns);
    for (std::size_t i = 0; i < files; ++i) {
        const double start = cpu_us();
        TRY(check_batch(fields, batch));
        const double checked = cpu_us();
        TRY_ASSIGN(const DataFile file,
                   write_parquet_file(disk, folder.path() / std::to_string(i), fields, batch, row_group));
        out.check_us += checked - start;
        out.encode_us += cpu_us() - checked;
        out.bytes += file.file_size;
    }
    return {};
}

}  // namespace
}  // namespace tally::lake

int main(int count, char** words) {
    const auto number = [&](int i, std::size_t otherwise) {
        return count > i ? static_cast<std::size_t>(std::strtoull(words[i], nullptr, 10)) : otherwise;
    };
    const std::size_t rows = number(1, 1'000'000);
    const std::size_t file_rows = number(2, 125'000);
    const std::size_t row_group = number(3, tally::lake::kRowGroupRows);
    if (rows < file_rows || file_rows == 0 || row_group == 0) {
        std::fprintf(stderr, "usage: bench_lake [rows] [rows a file] [rows a row group]\n");
        return 2;
    }
    const auto batch = tally::lake::RowSource().batch(file_rows);
    const long before = tally::lake::resident_max_kib();
    tally::lake::Figures figures;
    const std::size_t files = rows / file_rows;
    const tally::Status done = tally::lake::encode(batch, files, row_group, figures);
    if (!done.ok()) {
        std::fprintf(stderr, "bench_lake: %s\n", done.error().message.c_str());
        return 1;
    }
    const auto encoded = static_cast<double>(files * file_rows);
    fmt::print(
        "lake.encode: {} rows in files of {}, row groups of {}: {:.2f} CPU-us a row (checks {:.2f}), {:.0f} "
        "bytes a "
        "row, resident {} MiB with the batch, {} MiB at most\n",
        files * file_rows, file_rows, row_group, figures.encode_us / encoded, figures.check_us / encoded,
        static_cast<double>(figures.bytes) / encoded, before / 1024, tally::lake::resident_max_kib() / 1024);
    return 0;
}
