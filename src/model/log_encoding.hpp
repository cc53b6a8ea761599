#pragma once

#include <string>
#include <string_view>

namespace tally {

// How texts that a client sent are written down, so that every stored text is valid UTF-8 on one line.

// True when the text is ASCII from 0x20 to 0x7E alone: it may be stored as it is.
bool is_plain_text(std::string_view text);

// Appends the text with control characters (U+0000-U+001F, U+007F-U+009F) and every byte that is not part of
// valid UTF-8 (RFC 3629) as %XX. '%' itself stays, so a percent-encoded path is not encoded twice.
void append_safe_text(std::string_view text, std::string& out);

// Appends the text as CloudFront's logs write header values: bytes 0-32, from 127 on, and
// < > " # % { } | \ ^ ~ [ ] ` ' as %XX.
void append_cloudfront_text(std::string_view text, std::string& out);

// Header lines "name:value\n" as CloudFront's cs-headers writes them: "Name:Value%0A", names in title case
// ("x-api-key" is "X-Api-Key"), both sides encoded.
void append_cloudfront_headers(std::string_view lines, std::string& out);

// The names of such lines alone, as cs-header-names writes them: "Name%0A".
void append_cloudfront_header_names(std::string_view lines, std::string& out);

}  // namespace tally
