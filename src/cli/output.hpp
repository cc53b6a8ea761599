#pragma once

#include "base/json_value.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tally::cli {

enum class OutputFormat { kTable, kJson, kCsv, kNdjson };

Result<OutputFormat> parse_output_format(std::string_view name);

// How a document is shown to people and in CSV.
struct View {
    // The member that holds the rows: "data", "invoices", …. Empty: the document itself is the one row.
    std::string rows;
    // Members of a row, in this order; members that a row does not have are left empty. Empty: all that the
    // rows have, nested ones as JSON.
    std::vector<std::string> columns;
};

// The document in that format, with its line end. JSON is the document as it came; NDJSON its rows, one a
// line.
// {"columns":[…],"rows":[[…]]} is a table of its own, whatever the view.
std::string render(const JsonValue& document, OutputFormat format, const View& view);

// Aligned columns under their titles; numbers to the right. Control characters are shown escaped, so that no
// value can steer the terminal.
std::string text_table(const std::vector<std::string>& titles,
                       const std::vector<std::vector<JsonValue>>& rows);

// A field of a CSV file (RFC 4180). A text that a spreadsheet would run as a formula gets an apostrophe.
std::string csv_field(const JsonValue& value);

}  // namespace tally::cli
