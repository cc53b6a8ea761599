#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tally::query {

// The SQL of the views that queries read. Pure.

// The tables of the published samples, as views over requests:
//   cloudfront_realtime_logs    the 44 columns of CloudFront's real-time log in its order, `timestamp` in
//                               milliseconds since 1970, then api_key (the key's public id) and year, month,
//                               day (UTC, as text with zeros). cs_headers and cs_header_names are complete,
//                               where CloudFront cuts them at 800 bytes
//   cloudfront_logs             the 33 columns of CloudFront's standard log; cs_host and x_host_header stand
//                               the other way round there, and a client that left early has the status 0
//   restapi_access_log_iceberg  the nine columns of the API Gateway sample; `user` is the token's principal
inline constexpr std::array<std::string_view, 3> kSampleViews = {
    "cloudfront_realtime_logs", "cloudfront_logs", "restapi_access_log_iceberg"};

using SampleViews = std::bitset<kSampleViews.size()>;  // in the order of kSampleViews

// `text` as an SQL literal.
std::string sql_literal(std::string_view text);

// Absolute paths of Parquet files.
struct DataPaths {
    std::vector<std::string> whole;  // they have all of kRequestsColumns, under these names
    std::vector<std::string> older;  // they may lack some: from before a column was there
};

// requests: the rows of `files` and, when `with_tail`, those of `tail_function`, under the columns of
// kRequestsColumns. In older files columns are found by their field ids, as Iceberg has it, which costs a
// query some milliseconds more; what is not there is null. Without files the tail's function gives the
// columns and no rows.
std::string requests_view(const DataPaths& files, std::string_view tail_function, bool with_tail);

// The views of `wanted`, which stand on requests.
std::string sample_views(const SampleViews& wanted);

// requests and `others` once more in a schema named tallyman, as Iceberg's readers see the table.
std::string qualified_views(const SampleViews& others);

}  // namespace tally::query
