#include "billing/invoice_document.hpp"

#include "unit/billing/billing_parts.hpp"

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

using test::at;
using test::dec;

Invoice sample() {
    Invoice invoice;
    invoice.id = InvoiceId("inv_1");
    invoice.status = InvoiceStatus::kFinal;
    invoice.stage = InvoiceStage::kRated;
    invoice.revision = 3;
    invoice.customer = CustomerId("cus_1");
    invoice.subscription = SubscriptionId("sub_1");
    invoice.plan = "pro";
    invoice.currency = "USD";
    invoice.timezone = "Europe/Berlin";
    invoice.period = {at("2026-09-30T22:00:00Z"), at("2026-10-31T23:00:00Z")};
    invoice.active = invoice.period;
    invoice.meter_versions = {{"requests", 2}};
    invoice.snapshot = SnapshotId(8'000'000'000'000'000'001);
    invoice.pinned_at = at("2026-11-02T00:00:00.000001Z");
    InvoiceLine line;
    line.charge = "calls";
    line.description = "API calls, \"all\"";
    line.group = rating::Dimensions{{"c_country", "DE"}};
    line.meter = "requests";
    line.meter_version = 2;
    line.plan = "pro";
    line.snapshot = invoice.snapshot;
    line.rows = 12;
    line.metered = dec("12");
    line.quantity = dec("10.50");
    line.amount = dec("10.50");
    line.prorated = "22/31";
    line.digest = std::string(32, 'a');
    line.steps = {{.tier = 1,
                   .price = 0,
                   .quantity = dec("10.50"),
                   .unit = dec("1.0"),
                   .flat = dec("0.10"),
                   .amount = dec("10.5")}};
    invoice.lines = {line};
    invoice.totals = {.subtotal = dec("10.50"),
                      .discounts = dec("0.00"),
                      .minimum_adjustment = dec("0.00"),
                      .tax = dec("2.00"),
                      .credits = dec("0.00"),
                      .total = dec("12.50")};
    invoice.created_at = at("2026-11-01T00:00:00Z");
    invoice.number = "INV-000001";
    invoice.sequence = 1;
    invoice.previous_hash = std::string(64, '0');
    invoice.finalized_at = at("2026-11-02T00:00:01Z");
    invoice.hash = invoice_hash(invoice);
    return invoice;
}

// The bytes of version 1 of the format (docs/formats/invoice.md): they never change.
TEST(InvoiceDocument, CanonicalFormIsThatOfTheFormatPage) {
    EXPECT_EQ(
        canonical_invoice_json(sample()),
        R"({"format":"tallyman-invoice-1","id":"inv_1","number":"INV-000001",)"
        R"("previous_hash":"0000000000000000000000000000000000000000000000000000000000000000",)"
        R"("customer_id":"cus_1","subscription_id":"sub_1","plan":"pro","plan_version":1,"currency":"USD",)"
        R"("timezone":"Europe/Berlin","period":{"from":"2026-09-30T22:00:00Z","to":"2026-10-31T23:00:00Z"},)"
        R"("active":{"from":"2026-09-30T22:00:00Z","to":"2026-10-31T23:00:00Z"},)"
        R"("snapshot_id":"8000000000000000001","pinned_at":"2026-11-02T00:00:00.000001Z",)"
        R"("meters":{"requests":2},"finalized_at":"2026-11-02T00:00:01Z","lines":[{"charge":"calls",)"
        R"("description":"API calls, \"all\"","group":{"c_country":"DE"},"meter":"requests","meter_version":2,)"
        R"("plan":"pro","plan_version":1,"snapshot_id":"8000000000000000001","rows":12,"metered":"12",)"
        R"("quantity":"10.5","amount":"10.50","prorated":"22/31","digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
        R"("steps":[{"tier":1,"quantity":"10.5","unit":"1.0","flat":"0.10","amount":"10.50"}]}],)"
        R"("subtotal":"10.50","discounts":"0.00","minimum_adjustment":"0.00","tax":"2.00","credits":"0.00",)"
        R"("total":"12.50"})");
}

TEST(InvoiceDocument, ComesBackTheSame) {
    Invoice invoice = sample();
    EXPECT_EQ(invoice_to_document(invoice_from_document(invoice_to_document(invoice)).value()),
              invoice_to_document(invoice));
    EXPECT_EQ(invoice_hash(invoice_from_document(invoice_to_document(invoice)).value()), invoice.hash);
    invoice.status = InvoiceStatus::kDraft;
    invoice.stage = InvoiceStage::kPinned;
    invoice.keep_draft = true;
    invoice.snapshot = std::nullopt;
    invoice.finalized_at = std::nullopt;
    invoice.lines.clear();
    const Invoice read = invoice_from_document(invoice_to_document(invoice)).value();
    EXPECT_EQ(read.stage, InvoiceStage::kPinned);
    EXPECT_TRUE(read.keep_draft);
    EXPECT_EQ(read.snapshot, std::nullopt);
    EXPECT_EQ(invoice_to_document(read), invoice_to_document(invoice));
}

TEST(InvoiceDocument, VoidingLeavesTheHashAlone) {
    Invoice invoice = sample();
    invoice.status = InvoiceStatus::kVoid;
    invoice.voided_at = at("2026-12-01T00:00:00Z");
    invoice.void_reason = "wrong";
    EXPECT_EQ(invoice_hash(invoice), invoice.hash);
}

TEST(InvoiceDocument, WhatIsBrokenIsCorruption) {
    const std::string whole = invoice_to_document(sample());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Result<Invoice> cut = invoice_from_document(whole.substr(0, size));
        ASSERT_FALSE(cut.ok());
        EXPECT_EQ(cut.error().code, ErrorCode::kCorruption);
    }
    for (const char* name :
         {"\"rows\"", "\"total\"", "\"status\"", "\"period\"", "\"revision\"", "\"meters\""}) {
        std::string renamed = whole;
        renamed.replace(renamed.find(name) + 1, 1, "_");
        const Result<Invoice> read = invoice_from_document(renamed);
        ASSERT_FALSE(read.ok()) << name;
        EXPECT_EQ(read.error().code, ErrorCode::kCorruption);
    }
}

}  // namespace
}  // namespace tally::billing
