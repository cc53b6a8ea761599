#include "query/views.hpp"

#include "model/requests_table.hpp"

#include <span>

#include <fmt/format.h>

namespace tally::query {
namespace {

std::string column_list(std::span<const ColumnDefinition> columns) {
    std::string list;
    for (const ColumnDefinition& column : columns)
        list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", column.name);
    return list;
}

// CloudFront's fields 2 to 41 and 44 to 46 in their canonical order; the sample selects neither of the
// primary distribution's.
constexpr std::span<const ColumnDefinition> kAll{kRequestsColumns};
constexpr auto kFields2To41 =
    kAll.subspan(requests_column("c_ip"), requests_column("cs_headers_count") - requests_column("c_ip") + 1);
constexpr auto kFields44To46 = kAll.subspan(requests_column("origin_fbl"), 3);
static_assert(kFields2To41.size() == 40 && kFields44To46.back().name == "asn");

}  // namespace

std::string sql_literal(std::string_view text) {
    std::string literal = "'";
    for (const char c : text) {
        literal += c;
        if (c == '\'')
            literal += c;
    }
    return literal + "'";
}

std::string requests_view(const std::vector<std::string>& files, std::string_view tail_function,
                          bool with_tail) {
    const std::string columns = column_list(kAll);
    std::string body;
    if (!files.empty()) {
        std::string list;
        for (const std::string& file : files)
            list += (list.empty() ? "" : ", ") + sql_literal(file);
        // Folder names hold the partition's day, which is no column.
        body = fmt::format("SELECT {} FROM read_parquet([{}], hive_partitioning = false)", columns, list);
    }
    if (with_tail || files.empty())
        body +=
            fmt::format("{}SELECT {} FROM {}()", body.empty() ? "" : " UNION ALL ", columns, tail_function);
    return "CREATE VIEW requests AS " + body + ";";
}

std::string cloudfront_view() {
    // timezone('UTC', …) says the same, thirty times slower.
    constexpr std::string_view kUtc = "make_timestamp(epoch_us(\"timestamp\"))";
    return fmt::format(
        "CREATE VIEW cloudfront_realtime_logs AS SELECT epoch_ms(\"timestamp\") AS \"timestamp\", {}, {}, "
        "api_key_id AS api_key, strftime({}, '%Y') AS \"year\", strftime({}, '%m') AS \"month\", "
        "strftime({}, '%d') AS \"day\" FROM requests;",
        column_list(kFields2To41), column_list(kFields44To46), kUtc, kUtc, kUtc);
}

std::string qualified_views(bool with_cloudfront) {
    std::string sql = "CREATE SCHEMA tallyman; CREATE VIEW tallyman.requests AS SELECT * FROM main.requests;";
    if (with_cloudfront)
        sql +=
            "CREATE VIEW tallyman.cloudfront_realtime_logs AS SELECT * FROM main.cloudfront_realtime_logs;";
    return sql;
}

}  // namespace tally::query
