#pragma once

#include "base/clock.hpp"
#include "base/decimal.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "rating/periods.hpp"
#include "rating/rate.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What an invoice is; docs/formats/invoice.md has its life, its JSON and its hash.
namespace tally::billing {

//   draft ──► final ──► void        A draft may be voided too; it then never had a number.
enum class InvoiceStatus { kDraft, kFinal, kVoid };

// How far the making of a draft has come; each step is durable before the next begins.
enum class InvoiceStage {
    kPinned,  // subscription, period and snapshot are fixed; no amounts yet
    kRated    // lines and totals are there
};

// One priced charge and where its quantity comes from.
struct InvoiceLine {
    std::string charge;  // code in the plan
    std::string description;
    std::optional<rating::Dimensions> group;  // set iff the charge is priced by group
    std::string meter;                        // code; empty iff the charge has no meter
    int meter_version = 0;                    // 0 iff no meter
    std::string plan;
    int plan_version = 1;
    std::optional<SnapshotId> snapshot;  // nullopt iff the table had no snapshot yet
    std::int64_t rows = 0;               // how many rows of the table went into the quantity
    std::int64_t skipped = 0;            // rows that had a value which is no number; not in the quantity
    Decimal metered;       // what the meter reads, before the charge's conversion and included units
    Decimal quantity;      // the priced one
    Decimal amount;        // rounded
    std::string prorated;  // "22/31"; empty = not prorated
    std::string digest;    // 32 hex digits over those rows; zeros iff there are none
    std::vector<rating::Step> steps;
};

struct InvoiceTotals {
    Decimal subtotal;
    Decimal discounts;
    Decimal minimum_adjustment;
    Decimal tax;
    Decimal credits;
    Decimal total;
};

struct Invoice {
    InvoiceId id;  // inv_…
    InvoiceStatus status = InvoiceStatus::kDraft;
    InvoiceStage stage = InvoiceStage::kPinned;
    bool keep_draft = false;    // asked for as a draft: only finalize, or a run for good, moves it on
    std::int64_t revision = 0;  // counts the writes of the draft: a lost race is a kConflict
    CustomerId customer;
    SubscriptionId subscription;
    std::string plan;
    int plan_version = 1;
    std::string currency;
    std::string timezone;  // of the customer when the period was fixed
    rating::Period period;
    rating::Period active;                      // the part of the period in which the subscription ran
    std::map<std::string, int> meter_versions;  // of each meter that the plan names
    std::optional<SnapshotId> snapshot;         // of `requests`; nullopt iff there was none
    Instant pinned_at;                          // when the snapshot was taken
    std::vector<InvoiceLine> lines;
    InvoiceTotals totals;
    Instant created_at;

    std::string number;         // "INV-000001"; empty iff never final
    std::int64_t sequence = 0;  // within its series, from 1, no gaps; 0 iff never final
    std::string previous_hash;  // of the invoice numbered before it; 64 zeros for the first
    std::string hash;           // SHA-256 of the canonical JSON, hex; empty iff never final
    std::optional<Instant> finalized_at;
    std::optional<Instant> voided_at;
    std::string void_reason;
};

std::string_view invoice_status_name(InvoiceStatus status);
Result<InvoiceStatus> parse_invoice_status(std::string_view name);

// "INV-000001"
inline constexpr std::string_view kInvoiceSeries = "INV";
std::string invoice_number(std::string_view series, std::int64_t sequence);

}  // namespace tally::billing
