#include "billing/invoices.hpp"

#include "unit/billing/billing_parts.hpp"

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

using test::at;
using test::dec;

RunOptions month(const std::string& month, const std::string& customer = "") {
    return {.periods = {.month = month}, .customer = customer};
}

RunOptions draft_of(const std::string& month) {
    return {.periods = {.month = month}, .draft = true};
}

// One customer on the plan "pro" since January, with usage in October; it is the 3rd of November.
class InvoicesTest : public ::testing::Test {
  protected:
    InvoicesTest() {
        acme = parts.customer("acme");
        parts.plans.create(test::kProPlan, PlanFormat::kJson).value();
        parts.subscribe("acme", "pro", "2026-10-01");
        parts.requests(acme, "2026-10-05T12:00:00Z", 30);
        parts.lake.add({.meter = "egress_gb",
                        .customer = acme.id,
                        .time = at("2026-10-06T00:00:00Z"),
                        .value = 2'000'000'000});
        parts.clock.jump_to(at("2026-11-03T00:00:00Z"));
    }

    Invoice run_october() {
        const std::vector<Invoice> made = parts.invoices.run(month("2026-10")).value();
        EXPECT_EQ(made.size(), 1U);
        return made.front();
    }

    test::BillingParts parts;
    accounts::Customer acme;
};

TEST_F(InvoicesTest, ARunPricesTheMonthAndNumbersTheInvoice) {
    const Invoice invoice = run_october();
    EXPECT_EQ(invoice.status, InvoiceStatus::kFinal);
    EXPECT_EQ(invoice.number, "INV-000001");
    EXPECT_EQ(invoice.currency, "USD");
    EXPECT_EQ(invoice.period.from, at("2026-10-01T00:00:00Z"));
    EXPECT_EQ(invoice.period.to, at("2026-11-01T00:00:00Z"));
    ASSERT_EQ(invoice.lines.size(), 3U);
    EXPECT_EQ(invoice.lines[0].amount, dec("49.00"));
    EXPECT_EQ(invoice.lines[0].rows, 0);
    const InvoiceLine& calls = invoice.lines[1];
    EXPECT_EQ(calls.description, "API calls");
    EXPECT_EQ(calls.meter, "requests");
    EXPECT_EQ(calls.meter_version, 1);
    EXPECT_EQ(calls.plan, "pro");
    EXPECT_EQ(calls.plan_version, 1);
    EXPECT_EQ(calls.snapshot, SnapshotId(1));
    EXPECT_EQ(calls.rows, 30);
    EXPECT_EQ(calls.metered, dec("30"));
    EXPECT_EQ(calls.quantity, dec("28"));
    EXPECT_EQ(calls.amount.str(), "1.90");  // 10 x 0.10 + 18 x 0.05
    EXPECT_EQ(calls.digest.size(), 32U);
    EXPECT_EQ(calls.steps.size(), 2U);
    EXPECT_EQ(invoice.lines[2].amount.str(), "0.17");
    EXPECT_EQ(invoice.totals.subtotal.str(), "51.07");
    EXPECT_EQ(invoice.totals.tax.str(), "9.70");
    EXPECT_EQ(invoice.totals.total.str(), "60.77");
    EXPECT_EQ(invoice.hash.size(), 64U);
    EXPECT_EQ(parts.lake.flushes, 1);
}

TEST_F(InvoicesTest, ASecondRunGivesTheSameInvoice) {
    const Invoice first = run_october();
    parts.requests(acme, "2026-10-07T12:00:00Z", 5);  // late
    const Invoice second = run_october();
    EXPECT_EQ(second.id, first.id);
    EXPECT_EQ(second.hash, first.hash);
    EXPECT_EQ(second.lines[1].rows, 30);
    EXPECT_EQ(parts.invoices.run({.periods = {.as_of = "2026-11-01"}}).value().front().id, first.id);
    EXPECT_EQ(parts.invoices.list("", std::nullopt, {}).value().data.size(), 1U);
}

TEST_F(InvoicesTest, APeriodThatHasNotEndedGivesADraftThatTheFirstRunAfterItsEndMakesFinal) {
    const Invoice early = parts.invoices.run(month("2026-11")).value().front();
    EXPECT_EQ(early.status, InvoiceStatus::kDraft);
    EXPECT_EQ(early.number, "");
    EXPECT_FALSE(parts.invoices.finalize(early.id.str()).ok());
    const Invoice as_of = parts.invoices.run({.periods = {.as_of = "2026-12-01"}}).value().back();
    EXPECT_EQ(as_of.id, early.id);
    EXPECT_EQ(as_of.status, InvoiceStatus::kDraft);
    parts.clock.jump_to(at("2026-12-01T00:00:00Z"));
    const Invoice ended = parts.invoices.run(month("2026-11")).value().front();
    EXPECT_EQ(ended.id, early.id);
    EXPECT_EQ(ended.status, InvoiceStatus::kFinal);
    EXPECT_NE(ended.number, "");
}

TEST_F(InvoicesTest, EachZoneHasItsOwnEndOfTheMonth) {
    parts.customer("tokyo", "Asia/Tokyo");
    parts.customer("la", "America/Los_Angeles");
    parts.subscribe("tokyo", "pro");
    parts.subscribe("la", "pro");
    parts.clock.jump_to(at("2026-10-31T15:00:00Z"));  // midnight in Tokyo, morning in Los Angeles
    const std::vector<Invoice> tokyo = parts.invoices.run(month("2026-10", "tokyo")).value();
    ASSERT_EQ(tokyo.size(), 1U);
    EXPECT_EQ(tokyo.front().period.from, at("2026-09-30T15:00:00Z"));
    EXPECT_EQ(tokyo.front().period.to, at("2026-10-31T15:00:00Z"));
    EXPECT_EQ(parts.invoices.run(month("2026-10", "la")).value().front().status, InvoiceStatus::kDraft);
    parts.clock.jump_to(at("2026-11-01T07:00:00Z"));  // midnight in Los Angeles, still summer time
    const std::vector<Invoice> la = parts.invoices.run(month("2026-10", "la")).value();
    ASSERT_EQ(la.size(), 1U);
    EXPECT_EQ(la.front().period.to, at("2026-11-01T07:00:00Z"));
    EXPECT_EQ(la.front().number, "INV-000002");
}

TEST_F(InvoicesTest, AChangedZoneBillsNoHourTwice) {
    const accounts::Customer mover = parts.customer("mover", "Europe/Berlin");
    parts.subscribe("mover", "pro", "2026-09-01");
    ASSERT_TRUE(parts.customers.update("mover", {.timezone = "Asia/Tokyo"}).ok());
    EXPECT_EQ(parts.invoices.run(month("2026-09", "mover")).value().front().timezone, "Asia/Tokyo")
        << "nothing was invoiced before";
    ASSERT_TRUE(parts.customers.update("mover", {.timezone = "America/Los_Angeles"}).ok());
    const Invoice september = parts.invoices.run(month("2026-09", "mover")).value().front();
    const Invoice october = parts.invoices.run(month("2026-10", "mover")).value().front();
    EXPECT_EQ(parts.invoices.list("mover", std::nullopt, {}).value().data.size(), 2U);
    EXPECT_EQ(october.timezone, "Asia/Tokyo");
    EXPECT_EQ(october.period.from, september.period.to);
}

TEST_F(InvoicesTest, TheHourThatComesTwiceIsBilledOnce) {
    const accounts::Customer berlin = parts.customer("berlin", "Europe/Berlin");
    parts.plans
        .create(R"({"code":"daily","name":"Daily","currency":"EUR","interval":"day","charges":[
        {"code":"calls","meter":"requests","model":"unit","unit":"1"}]})",
                PlanFormat::kJson)
        .value();
    parts.subscribe("berlin", "daily", "2026-10-24");
    for (int hour = 0; hour < 72; ++hour)  // each hour from the 24th to the 26th of October, local
        parts.lake.add({.meter = "requests",
                        .customer = berlin.id,
                        .time = at("2026-10-23T22:00:00Z") + std::chrono::hours(hour)});
    const std::vector<Invoice> days =
        parts.invoices.run({.periods = {.as_of = "2026-10-27"}, .customer = "berlin"}).value();
    ASSERT_EQ(days.size(), 3U);
    EXPECT_EQ(days[0].totals.total, dec("24"));
    EXPECT_EQ(days[1].totals.total, dec("25"));
    EXPECT_EQ(days[2].totals.total, dec("23")) << "the last of the 72 hours";
}

TEST_F(InvoicesTest, EachInvoiceIsChainedToTheOneBefore) {
    parts.customer("beta");
    parts.subscribe("beta", "pro");
    const std::vector<Invoice> both = parts.invoices.run(month("2026-10")).value();
    ASSERT_EQ(both.size(), 2U);
    EXPECT_EQ(both[0].previous_hash, std::string(64, '0'));
    EXPECT_EQ(both[1].previous_hash, both[0].hash);
    EXPECT_EQ(both[1].number, "INV-000002");
}

TEST_F(InvoicesTest, APartOfAPeriodIsMeasuredInThatPart) {
    const accounts::Customer beta = parts.customer("beta");
    parts.subscriptions.create({.customer = "beta", .plan = "pro", .from = "2026-10-10", .to = "2026-10-20"})
        .value();
    for (const char* time : {"2026-10-09T23:59:59.999999Z", "2026-10-10T00:00:00Z",
                             "2026-10-19T23:59:59.999999Z", "2026-10-20T00:00:00Z"})
        parts.requests(beta, time, 1);
    const Invoice invoice = parts.invoices.run(month("2026-10", "beta")).value().front();
    EXPECT_EQ(invoice.lines[1].rows, 2);
    EXPECT_EQ(invoice.active.from, at("2026-10-10T00:00:00Z"));
    ASSERT_TRUE(parts.invoices.prove(invoice.number).value().proved);
    // A change of the subscription later on does not change what was billed.
    EXPECT_EQ(parts.invoices.run(month("2026-10", "beta")).value().front().hash, invoice.hash);
}

TEST_F(InvoicesTest, WithoutATableEveryMeterReadsNothing) {
    test::BillingParts empty;
    empty.customer("x");
    empty.plans.create(test::kProPlan, PlanFormat::kJson).value();
    empty.subscribe("x", "pro", "2026-08-01");
    Invoices invoices({.store = empty.state->invoices(),
                       .subscriptions = empty.state->subscriptions(),
                       .customers = empty.customers,
                       .plans = empty.plans,
                       .meters = empty.meters,
                       .meter_source = empty.lake,
                       .snapshots = empty.lake,
                       .flush = [] { return Status(); },
                       .clock = empty.clock,
                       .random = empty.random});
    const Invoice invoice = invoices.run(month("2026-09")).value().front();
    EXPECT_EQ(invoice.lines[1].snapshot, std::nullopt);
    EXPECT_EQ(invoice.lines[1].rows, 0);
    EXPECT_EQ(invoice.totals.subtotal, dec("49"));
    EXPECT_TRUE(invoices.prove(invoice.number).value().proved);
}

TEST_F(InvoicesTest, AFailedFlushMakesNoInvoice) {
    Invoices invoices({.store = parts.state->invoices(),
                       .subscriptions = parts.state->subscriptions(),
                       .customers = parts.customers,
                       .plans = parts.plans,
                       .meters = parts.meters,
                       .meter_source = parts.lake,
                       .snapshots = parts.lake,
                       .flush =
                           [] {
                               return Status(Error{ErrorCode::kResourceExhausted, "the disk is full"});
                           },
                       .clock = parts.clock,
                       .random = parts.random});
    EXPECT_EQ(invoices.run(month("2026-10")).error().code, ErrorCode::kResourceExhausted);
    EXPECT_TRUE(parts.invoices.list("", std::nullopt, {}).value().data.empty());
}

TEST_F(InvoicesTest, AnInterruptedRunGoesOnWithItsSnapshot) {
    parts.lake.failing_reads = 2;
    const Result<std::vector<Invoice>> failed = parts.invoices.run(month("2026-10"));
    ASSERT_FALSE(failed.ok());
    EXPECT_NE(failed.error().message.find("run again"), std::string::npos);
    const Invoice begun = parts.invoices.list("", InvoiceStatus::kDraft, {}).value().data.at(0);
    EXPECT_EQ(begun.stage, InvoiceStage::kPinned);
    EXPECT_FALSE(parts.invoices.prove(begun.id.str()).ok()) << "there is nothing to prove yet";
    parts.requests(acme, "2026-10-07T12:00:00Z", 5);  // in the next snapshot
    const Invoice finished = run_october();
    EXPECT_EQ(finished.id, begun.id);
    EXPECT_EQ(finished.lines[1].snapshot, SnapshotId(1));
    EXPECT_EQ(finished.lines[1].rows, 30);
}

TEST_F(InvoicesTest, ADraftIsMadeAnewUntilItIsFinal) {
    parts.clock.jump_to(at("2026-10-20T00:00:00Z"));
    const Invoice first = parts.invoices.run(draft_of("2026-10")).value().front();
    EXPECT_EQ(first.status, InvoiceStatus::kDraft);
    EXPECT_EQ(first.number, "");
    EXPECT_TRUE(parts.invoices.prove(first.id.str()).value().proved);
    EXPECT_EQ(parts.invoices.finalize(first.id.str()).error().code, ErrorCode::kInvalidArgument);
    parts.requests(acme, "2026-10-25T12:00:00Z", 10);
    parts.clock.jump_to(at("2026-10-26T00:00:00Z"));
    const Invoice second = parts.invoices.run(draft_of("2026-10")).value().front();
    EXPECT_EQ(second.id, first.id);
    EXPECT_EQ(second.lines[1].rows, 40);
    parts.requests(acme, "2026-10-31T23:00:00Z", 1);
    parts.clock.jump_to(at("2026-11-02T00:00:00Z"));
    const Invoice final_one = run_october();
    EXPECT_EQ(final_one.id, first.id);
    EXPECT_EQ(final_one.lines[1].rows, 41);
    EXPECT_EQ(final_one.number, "INV-000001");
    EXPECT_EQ(parts.invoices.run(draft_of("2026-10")).value().front().hash, final_one.hash);
}

TEST_F(InvoicesTest, FinalizingMeasuresAgainWhatWasMeasuredTooEarly) {
    parts.clock.jump_to(at("2026-10-20T00:00:00Z"));
    const Invoice early = parts.invoices.run(draft_of("2026-10")).value().front();
    parts.requests(acme, "2026-10-25T12:00:00Z", 10);
    parts.clock.jump_to(at("2026-11-02T00:00:00Z"));
    const Invoice sealed = parts.invoices.finalize(early.id.str()).value();
    EXPECT_EQ(sealed.lines[1].rows, 40);
    EXPECT_EQ(sealed.status, InvoiceStatus::kFinal);
    EXPECT_EQ(parts.invoices.finalize(sealed.number).value().hash, sealed.hash);
}

TEST_F(InvoicesTest, FinalizingKeepsWhatWasReviewed) {
    const Invoice reviewed = parts.invoices.run(draft_of("2026-10")).value().front();
    parts.requests(acme, "2026-10-25T12:00:00Z", 10);  // late
    parts.clock.jump_to(at("2026-11-04T00:00:00Z"));
    EXPECT_EQ(parts.invoices.finalize(reviewed.id.str()).value().lines[1].rows, 30);
}

TEST_F(InvoicesTest, AVoidInvoiceKeepsItsNumberAndItsPeriod) {
    const Invoice first = run_october();
    const Invoice voided = parts.invoices.make_void(first.number, "wrong plan").value();
    EXPECT_EQ(voided.status, InvoiceStatus::kVoid);
    EXPECT_EQ(voided.number, first.number);
    EXPECT_EQ(voided.hash, first.hash);
    EXPECT_EQ(voided.void_reason, "wrong plan");
    EXPECT_TRUE(parts.invoices.prove(first.number).value().proved);
    EXPECT_EQ(run_october().id, first.id) << "a repeated run does not bill again what was voided";
    RunOptions again = month("2026-10");
    again.reissue = true;
    const Invoice second = parts.invoices.run(again).value().front();
    EXPECT_NE(second.id, first.id);
    EXPECT_EQ(second.number, "INV-000002");
    EXPECT_EQ(parts.invoices.run(again).value().front().id, second.id);
    EXPECT_EQ(parts.invoices.finalize(first.id.str()).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(InvoicesTest, APreviewKeepsNothing) {
    const std::vector<Invoice> ended = parts.invoices.preview({.periods = {.month = "2026-10"}}).value();
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended.front().totals.total.str(), "60.77");
    EXPECT_TRUE(ended.front().id.empty());
    parts.requests(acme, "2026-11-02T00:00:00Z", 3);
    const std::vector<Invoice> running = parts.invoices.preview({}).value();
    ASSERT_EQ(running.size(), 1U);
    EXPECT_EQ(running.front().lines[1].rows, 3);
    EXPECT_EQ(parts.invoices.preview({.periods = {.month = "2026-11"}}).value().size(), 1U);
    EXPECT_TRUE(parts.invoices.list("", std::nullopt, {}).value().data.empty());
}

TEST_F(InvoicesTest, AProofAgreesWhateverCameLater) {
    const Invoice invoice = run_october();
    parts.requests(acme, "2026-10-07T12:00:00Z", 5);
    ASSERT_TRUE(parts.lake.commit().ok());
    parts.plans.create(test::kProPlan, PlanFormat::kJson).value();  // pro@2
    parts.customers.update("acme", {.timezone = "Asia/Tokyo"}).value();
    const Proof proof = parts.invoices.prove(invoice.id.str()).value();
    EXPECT_TRUE(proof.proved);
    ASSERT_EQ(proof.lines.size(), 3U);
    for (const ProvedLine& line : proof.lines)
        EXPECT_TRUE(line.proved) << line.difference;
    EXPECT_EQ(proof.lines[1].rows, 30);
}

TEST_F(InvoicesTest, AProofNamesWhatTheRecordsSayOtherwise) {
    const Invoice invoice = run_october();
    parts.lake.tamper(0, 2);
    const Proof proof = parts.invoices.prove(invoice.id.str()).value();
    EXPECT_FALSE(proof.proved);
    EXPECT_TRUE(proof.lines[0].proved);
    EXPECT_FALSE(proof.lines[1].proved);
    EXPECT_NE(proof.lines[1].difference.find("quantity: the invoice says 28, the records give 29"),
              std::string::npos)
        << proof.lines[1].difference;
    EXPECT_NE(proof.lines[1].difference.find("digest"), std::string::npos);
    EXPECT_NE(proof.lines[1].difference.find("amount: the invoice says 1.90, the records give 1.95"),
              std::string::npos);
    EXPECT_FALSE(proof.differences.empty());
}

TEST_F(InvoicesTest, AGroupedMeterIsPricedByGroup) {
    parts.plans
        .create(R"({"code":"geo","name":"Geo","currency":"USD","charges":[
        {"code":"calls","meter":"regions","model":"dimensional","dimensions":["c_country"],"group_by":["c_country"],
         "prices":[{"match":{"c_country":["US"]},"unit":"1"},{"match":{},"unit":"2"}]}]})",
                PlanFormat::kJson)
        .value();
    const accounts::Customer geo = parts.customer("geo");
    parts.subscribe("geo", "geo");
    for (const char* country : {"US", "US", "DE"})
        parts.lake.add({.meter = "regions",
                        .customer = geo.id,
                        .time = at("2026-10-06T00:00:00Z"),
                        .value = 1,
                        .group = {{"c_country", country}}});
    const Invoice invoice = parts.invoices.run(month("2026-10", "geo")).value().front();
    ASSERT_EQ(invoice.lines.size(), 2U);
    EXPECT_EQ(invoice.totals.total, dec("4"));
    EXPECT_EQ(invoice.lines[0].rows + invoice.lines[1].rows, 3);
    EXPECT_NE(invoice.lines[0].digest, invoice.lines[1].digest);
    EXPECT_TRUE(parts.invoices.prove(invoice.number).value().proved);
}

TEST_F(InvoicesTest, SaysWhatIsWrongWithTheQuestion) {
    EXPECT_EQ(parts.invoices.run({}).error().pointer, "/month");
    EXPECT_EQ(parts.invoices.run({.periods = {.month = "2026-10", .as_of = "2026-11-01"}}).error().pointer,
              "/as_of");
    EXPECT_EQ(parts.invoices.run(month("2026-13")).error().pointer, "/month");
    EXPECT_EQ(parts.invoices.run(month("2026-10", "nobody")).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(parts.invoices.preview({.periods = {.as_of = "soon"}}).error().pointer, "/as_of");
    EXPECT_EQ(parts.invoices.prove("INV-000009").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tally::billing
