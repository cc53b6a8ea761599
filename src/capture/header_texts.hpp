#pragma once

#include "capture/text_arena.hpp"
#include "model/request_record.hpp"

#include <string_view>

namespace tally::capture {

// Sets `headers` and the fields of the well-known headers: of each the first, of X-Forwarded-For all lines as
// one list (RFC 9110, 5.3). Any bytes are safe. Views point into the given bytes or into `texts`.

// "Name:Value\n" for each header; the last may be cut.
void decode_headers(std::string_view headers, TextArena& texts, RequestRecord& out);

// As kFlagRawHeaders says. What stands behind a header that is none is left out.
void decode_raw_headers(std::string_view raw, TextArena& texts, RequestRecord& out);

}  // namespace tally::capture
