#include "query/views.hpp"

#include "model/requests_table.hpp"

#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

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

// timezone('UTC', …) says the same, thirty times slower.
constexpr std::string_view kUtc = "make_timestamp(epoch_us(\"timestamp\"))";

std::string realtime_select() {
    return fmt::format(
        "SELECT epoch_ms(\"timestamp\") AS \"timestamp\", {}, {}, api_key_id AS api_key, "
        "strftime({}, '%Y') AS \"year\", strftime({}, '%m') AS \"month\", strftime({}, '%d') AS \"day\"",
        column_list(kFields2To41), column_list(kFields44To46), kUtc, kUtc, kUtc);
}

std::string standard_select() {
    return fmt::format(
        "SELECT CAST({0} AS DATE) AS \"date\", strftime({0}, '%H:%M:%S') AS \"time\", x_edge_location, "
        "sc_bytes, c_ip, cs_method, x_host_header AS cs_host, cs_uri_stem, "
        "CASE WHEN sc_status = 499 THEN 0 ELSE sc_status END AS sc_status, cs_referer, cs_user_agent, "
        "cs_uri_query, cs_cookie, x_edge_result_type, x_edge_request_id, cs_host AS x_host_header, "
        "cs_protocol, cs_bytes, CAST(time_taken AS FLOAT) AS time_taken, x_forwarded_for, ssl_protocol, "
        "ssl_cipher, x_edge_response_result_type, cs_protocol_version, fle_status, fle_encrypted_fields, "
        "c_port, CAST(time_to_first_byte AS FLOAT) AS time_to_first_byte, x_edge_detailed_result_type, "
        "sc_content_type, sc_content_len, sc_range_start, sc_range_end",
        kUtc);
}

// A body longer than an int can say is written as the greatest int.
std::string gateway_select() {
    return fmt::format(
        "SELECT record_id AS request_id, c_ip AS ip, principal AS \"user\", {} AS request_time, "
        "cs_method AS http_method, resource_path, CAST(sc_status AS VARCHAR) AS status, "
        "cs_protocol_version AS protocol, "
        "CAST(least(coalesce(sc_content_len, sc_bytes), 2147483647) AS INTEGER) AS response_length",
        kUtc);
}

std::string sample_select(std::size_t view) {
    switch (view) {
        case 0: return realtime_select();
        case 1: return standard_select();
        default: return gateway_select();
    }
}

std::string_view sql_type(ColumnType type) {
    switch (type) {
        case ColumnType::kString: return "VARCHAR";
        case ColumnType::kInt: return "INTEGER";
        case ColumnType::kLong: return "BIGINT";
        case ColumnType::kDouble: return "DOUBLE";
        case ColumnType::kTimestampTz: return "TIMESTAMPTZ";
    }
    return {};
}

// The table's columns by field id, as read_parquet takes them.
std::string schema_of_files() {
    std::string schema;
    for (const ColumnDefinition& column : kAll)
        schema +=
            fmt::format("{}{}: {{name: '{}', type: '{}', default_value: NULL}}", schema.empty() ? "" : ", ",
                        column.field_id, column.name, sql_type(column.type));
    return schema;
}

std::vector<std::string> literals(const std::vector<std::string>& texts) {
    std::vector<std::string> literals;
    literals.reserve(texts.size());
    for (const std::string& text : texts)
        literals.push_back(sql_literal(text));
    return literals;
}

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

std::string requests_view(const DataPaths& files, std::string_view tail_function, bool with_tail) {
    // Folder names hold the partition's day, which is no column.
    std::vector<std::string> sources;
    if (!files.whole.empty())
        sources.push_back(fmt::format("read_parquet([{}], hive_partitioning = false)",
                                      fmt::join(literals(files.whole), ", ")));
    if (!files.older.empty())
        sources.push_back(fmt::format("read_parquet([{}], hive_partitioning = false, schema = MAP {{{}}})",
                                      fmt::join(literals(files.older), ", "), schema_of_files()));
    if (with_tail || sources.empty())
        sources.push_back(fmt::format("{}()", tail_function));
    const std::string columns = column_list(kAll);
    std::string body;
    for (const std::string& source : sources)
        body += fmt::format("{}SELECT {} FROM {}", body.empty() ? "" : " UNION ALL ", columns, source);
    return "CREATE VIEW requests AS " + body + ";";
}

std::string sample_views(const SampleViews& wanted) {
    std::string sql;
    for (std::size_t i = 0; i < kSampleViews.size(); ++i)
        if (wanted[i])
            sql += fmt::format("CREATE VIEW {} AS {} FROM requests;", kSampleViews[i], sample_select(i));
    return sql;
}

std::string qualified_views(const SampleViews& others) {
    std::string sql = "CREATE SCHEMA tallyman; CREATE VIEW tallyman.requests AS SELECT * FROM main.requests;";
    for (std::size_t i = 0; i < kSampleViews.size(); ++i)
        if (others[i])
            sql += fmt::format("CREATE VIEW tallyman.{0} AS SELECT * FROM main.{0};", kSampleViews[i]);
    return sql;
}

}  // namespace tally::query
