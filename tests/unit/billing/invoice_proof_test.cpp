#include "billing/invoice_proof.hpp"

#include "billing/invoice_document.hpp"
#include "unit/billing/billing_parts.hpp"

#include <functional>

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

using test::dec;

Invoice sealed() {
    Invoice invoice;
    invoice.id = InvoiceId("inv_1");
    invoice.number = "INV-000001";
    invoice.currency = "USD";
    invoice.previous_hash = std::string(64, '0');
    InvoiceLine line;
    line.charge = "calls";
    line.rows = 3;
    line.metered = dec("3");
    line.quantity = dec("3");
    line.amount = dec("0.30");
    line.digest = std::string(32, 'a');
    invoice.lines = {line};
    invoice.totals.subtotal = dec("0.30");
    invoice.totals.total = dec("0.30");
    invoice.hash = invoice_hash(invoice);
    return invoice;
}

Proof prove(const Invoice& invoice, const Invoice& truth) {
    return prove_invoice(invoice, {truth.lines, truth.totals}, std::string(64, '0'));
}

TEST(InvoiceProof, HoldsForWhatWasSealed) {
    const Proof proof = prove(sealed(), sealed());
    EXPECT_TRUE(proof.proved);
    EXPECT_TRUE(proof.differences.empty());
    EXPECT_TRUE(proof.lines.at(0).proved);
}

// Whatever is changed in what is kept, the proof fails and says what it was.
TEST(InvoiceProof, FindsEveryChange) {
    struct Change {
        const char* named;
        std::function<void(Invoice&)> make;
    };

    const std::vector<Change> changes = {
        {"rows", [](Invoice& i) { i.lines[0].rows = 4; }},
        {"metered", [](Invoice& i) { i.lines[0].metered = dec("4"); }},
        {"quantity", [](Invoice& i) { i.lines[0].quantity = dec("4"); }},
        {"amount", [](Invoice& i) { i.lines[0].amount = dec("0.31"); }},
        {"amount", [](Invoice& i) { i.lines[0].amount = dec("0.300"); }},
        {"digest", [](Invoice& i) { i.lines[0].digest[5] = 'b'; }},
        {"text or the steps", [](Invoice& i) { i.lines[0].description = "free"; }},
        {"no such line", [](Invoice& i) { i.lines[0].charge = "other"; }},
        {"no such line",
         [](Invoice& i) {
             i.lines[0].group = rating::Dimensions{{"a", "b"}};
         }},
        {"snapshot", [](Invoice& i) { i.lines[0].snapshot = SnapshotId(7); }},
        {"no line for charge", [](Invoice& i) { i.lines.clear(); }},
        {"no such line", [](Invoice& i) { i.lines.push_back(i.lines[0]), i.lines[1].charge = "extra"; }},
        {"subtotal", [](Invoice& i) { i.totals.subtotal = dec("0.31"); }},
        {"tax", [](Invoice& i) { i.totals.tax = dec("1"); }},
        {"total", [](Invoice& i) { i.totals.total = dec("0.29"); }},
        {"hash", [](Invoice& i) { i.customer = CustomerId("cus_other"); }},
        {"hash", [](Invoice& i) { i.period.to += std::chrono::hours(1); }},
        {"hash", [](Invoice& i) { i.hash[0] = i.hash[0] == 'a' ? 'b' : 'a'; }},
        {"previous_hash", [](Invoice& i) { i.previous_hash[0] = '1', i.hash = invoice_hash(i); }},
    };
    for (const Change& change : changes) {
        Invoice changed = sealed();
        change.make(changed);
        const Proof proof = prove(changed, sealed());
        EXPECT_FALSE(proof.proved) << change.named;
        std::string all;
        for (const ProvedLine& line : proof.lines)
            all += line.difference + "\n";
        for (const std::string& difference : proof.differences)
            all += difference + "\n";
        EXPECT_NE(all.find(change.named), std::string::npos) << change.named << " in " << all;
    }
}

// Also when somebody sealed the change anew.
TEST(InvoiceProof, FindsAChangeThatWasHashedAgain) {
    Invoice changed = sealed();
    changed.lines[0].amount = dec("0.20");
    changed.totals.subtotal = changed.totals.total = dec("0.20");
    changed.hash = invoice_hash(changed);
    const Proof proof = prove(changed, sealed());
    EXPECT_FALSE(proof.proved);
    EXPECT_FALSE(proof.lines[0].proved);
}

}  // namespace
}  // namespace tally::billing
