#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tally::demo {

// A caller: the label stands in ledgers, the key only in requests.
struct Caller {
    std::string label;
    std::string key;  // empty = sends none
};

// One request to send. Its id is part of the query string, so that it can be found again in the lake.
struct PlannedRequest {
    std::string id;
    std::string caller;
    std::string method;
    std::string path;
    std::string bytes;  // as sent on the wire
};

// The n-th request of a run: callers in turn, several methods, paths and outcomes (200, 404, 405, 400, 502).
// The same for the same arguments.
PlannedRequest plan_request(const std::vector<Caller>& callers, const std::string& run, std::uint64_t n);

// Callers from a file of "LABEL KEY" lines; KEY "-" sends no key. Empty when the file cannot be read.
std::vector<Caller> read_callers(const std::string& file);

}  // namespace tally::demo
