#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tally::query {

// The SQL of the views that queries read. Pure.

// `text` as an SQL literal.
std::string sql_literal(std::string_view text);

// requests: the rows of `files` and, when `with_tail`, those of `tail_function`, under the columns of
// kRequestsColumns. Without files the tail's function gives the columns and no rows.
std::string requests_view(const std::vector<std::string>& files, std::string_view tail_function,
                          bool with_tail);

// cloudfront_realtime_logs: the 44 columns of the published sample in CloudFront's order, `timestamp` in
// milliseconds since 1970, then api_key (the key's public id) and year, month, day (UTC, as text with zeros).
std::string cloudfront_view();

// Both views once more in a schema named tallyman, as Iceberg's readers see the table.
std::string qualified_views(bool with_cloudfront);

}  // namespace tally::query
