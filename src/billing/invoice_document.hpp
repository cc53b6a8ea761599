#pragma once

#include "base/json_writer.hpp"
#include "base/result.hpp"
#include "billing/invoice.hpp"

#include <string>
#include <string_view>

// An invoice as bytes: what is hashed and what is kept. docs/formats/invoice.md.
namespace tally::billing {

// The canonical JSON: everything that a final invoice says, in a fixed order. Status, void and the hash
// itself are not part of it, so voiding leaves it as it was.
std::string canonical_invoice_json(const Invoice& invoice);

// SHA-256 of the canonical JSON, hex.
std::string invoice_hash(const Invoice& invoice);

// What InvoiceStore keeps: the canonical members and the state of the invoice's making.
std::string invoice_to_document(const Invoice& invoice);
// kCorruption when the text is not such a document.
Result<Invoice> invoice_from_document(std::string_view text);

// Writes "lines":[…] and the totals as members of the object that is open.
void write_invoice_content(JsonWriter& json, const Invoice& invoice);
// Writes "group":{…}.
void write_group(JsonWriter& json, const rating::Dimensions& group);
// Writes "snapshot_id": a text as all ids (its 63 bits are more than a JSON number keeps), or null.
void write_snapshot(JsonWriter& json, const std::optional<SnapshotId>& snapshot);

}  // namespace tally::billing
