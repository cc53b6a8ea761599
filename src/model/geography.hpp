#pragma once

#include "model/request_record.hpp"

#include <span>

namespace tally {

// Where callers are, by their addresses. A port: app reads database files behind it. Thread-safe.
class Geography {
  public:
    virtual ~Geography() = default;

    // Fills in `country` and `asn` of the records, as far as they are known. Addresses that are nobody's
    // (private, loopback, link-local) are nowhere. Never fails: what cannot be told stays unknown.
    virtual void locate(std::span<RequestRecord> records) = 0;
};

}  // namespace tally
