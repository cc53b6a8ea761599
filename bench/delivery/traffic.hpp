#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"

#include <cstdint>

namespace tally::bench {

// Writes `rows` captured requests to `folder` with the edge's own writer, as two workers would: 40 customers
// with 200 keys of unequal weight, 24 resource paths with ids, 30 user agents, seven headers, statuses and
// times as an API has them, twenty minutes long. The same rows for the same number.
Status write_traffic(const Path& folder, std::uint64_t rows);

// The same requests as a TSV file with the columns of the requests table; null is empty, times are in
// microseconds. For the peer.
Status write_tsv(const Path& folder, const Path& file);

}  // namespace tally::bench
