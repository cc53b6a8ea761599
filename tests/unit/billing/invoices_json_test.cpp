#include "billing/invoices_json.hpp"

#include "base/json_value.hpp"
#include "unit/billing/billing_parts.hpp"

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

TEST(InvoicesJson, HasTheNamesOfTheSurface) {
    Invoice invoice;
    invoice.id = InvoiceId("inv_1");
    invoice.customer = CustomerId("cus_1");
    invoice.currency = "USD";
    InvoiceLine line;
    line.charge = "base";
    line.amount = test::dec("49.00");
    line.snapshot = SnapshotId(5);
    invoice.lines = {line};
    invoice.totals.total = test::dec("49.00");
    const JsonValue json = JsonValue::parse(invoices_to_json({invoice})).value();
    ASSERT_NE(json.find("invoices"), nullptr);
    const JsonValue& first = json.find("invoices")->as_array()->at(0);
    EXPECT_EQ(first.text_of("id"), "inv_1");
    EXPECT_TRUE(first.find("number")->is_null());
    EXPECT_EQ(first.text_of("customer_id"), "cus_1");
    EXPECT_EQ(first.text_of("status"), "draft");
    EXPECT_EQ(first.text_of("total"), "49.00");
    const JsonValue& shown = first.find("lines")->as_array()->at(0);
    EXPECT_EQ(shown.text_of("charge"), "base");
    EXPECT_EQ(shown.text_of("snapshot_id"), "5");
    EXPECT_TRUE(shown.find("meter")->is_null());
    EXPECT_EQ(shown.text_of("amount"), "49.00");
}

TEST(InvoicesJson, AProofShowsDifferencesOnlyWhereThereAreAny) {
    Proof proof{
        .id = InvoiceId("inv_1"), .number = "INV-000001", .lines = {}, .differences = {}, .proved = true};
    proof.lines.push_back({.charge = "calls",
                           .group = std::nullopt,
                           .snapshot = SnapshotId(5),
                           .rows = 2,
                           .quantity = test::dec("2"),
                           .amount = test::dec("0.20"),
                           .digest = std::string(4, 'a'),
                           .proved = true,
                           .difference = ""});
    EXPECT_EQ(
        proof_to_json(proof),
        R"({"id":"inv_1","number":"INV-000001","lines":[{"charge":"calls","snapshot_id":"5","rows":2,)"
        R"("quantity":"2","amount":"0.20","digest":"aaaa","proved":true}],"differences":[],"proved":true})");
    proof.lines[0].proved = false;
    proof.lines[0].difference = "rows";
    EXPECT_NE(proof_to_json(proof).find(R"("proved":false,"difference":"rows")"), std::string::npos);
}

TEST(InvoicesJson, ReadsTheQuestions) {
    const RunOptions run =
        run_options_from_json(R"({"month":"2026-10","customer":"acme","draft":true,"reissue":true})").value();
    EXPECT_EQ(run.periods.month, "2026-10");
    EXPECT_EQ(run.customer, "acme");
    EXPECT_TRUE(run.draft);
    EXPECT_TRUE(run.reissue);
    EXPECT_EQ(run_options_from_json("").error().pointer, "/month");
    EXPECT_EQ(run_options_from_json(R"({"month":"2026-10","as_of":"2026-11-01"})").error().pointer, "/as_of");
    EXPECT_EQ(run_options_from_json(R"({"month":"2026-10","until":1})").error().pointer, "/until");
    EXPECT_TRUE(preview_options_from_json("").ok());
    EXPECT_EQ(preview_options_from_json(R"({"customer_id":"cus_1"})").value().customer, "cus_1");
    EXPECT_EQ(void_reason_from_json(R"({"reason":"wrong"})").value(), "wrong");
    EXPECT_EQ(void_reason_from_json("").value(), "");
}

}  // namespace
}  // namespace tally::billing
