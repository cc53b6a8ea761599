#include "base/assert.hpp"
#include "base/time_text.hpp"
#include "billing/invoice_document.hpp"
#include "state/embedded_sql.hpp"
#include "state/paging.hpp"
#include "state/stores.hpp"

#include <fmt/format.h>

namespace tally::state {

using billing::Invoice;
using billing::InvoiceStage;
using billing::InvoiceStatus;

namespace {

Result<Invoice> read_invoice(const Row& row) {
    return billing::invoice_from_document(row.text(0));
}

std::string invoice_id(const Invoice& invoice) {
    return invoice.id.str();
}

Status insert_invoice(Connection& connection, const Invoice& invoice) {
    TRY(connection.execute(
        sql::kInsertInvoice,
        {invoice.id.str(), invoice.customer.str(), invoice.subscription.str(), invoice.period.from,
         invoice.period.to, billing::invoice_status_name(invoice.status), invoice.revision,
         Value::text_or_null(invoice.number), billing::invoice_to_document(invoice)}));
    return {};
}

// Writes the next revision over the row that `invoice` was read from.
Result<Invoice> replace_invoice(Connection& connection, Invoice invoice) {
    const std::int64_t expected = invoice.revision;
    ++invoice.revision;
    TRY_ASSIGN(const std::int64_t rows,
               connection.execute(sql::kUpdateInvoice,
                                  {billing::invoice_status_name(invoice.status), invoice.revision,
                                   Value::text_or_null(invoice.number), billing::invoice_to_document(invoice),
                                   invoice.id.str(), expected}));
    TALLY_ASSERT(rows == 1, "the revision was read in the same transaction");
    return invoice;
}

Result<Invoice> require_invoice(Connection& connection, const InvoiceId& id) {
    TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindInvoice, {id.str()}));
    if (rows.empty())
        return Error{ErrorCode::kNotFound, fmt::format("there is no invoice {}", id.str())};
    return read_invoice(rows.front());
}

Status check_is_draft_at(const Invoice& kept, std::int64_t revision) {
    if (kept.status != InvoiceStatus::kDraft)
        return Error{ErrorCode::kConflict, fmt::format("{} is {} and does not change any more", kept.id.str(),
                                                       billing::invoice_status_name(kept.status))};
    if (kept.revision != revision)
        return Error{ErrorCode::kConflict, fmt::format("{} was changed in between (revision {}, not {})",
                                                       kept.id.str(), kept.revision, revision)};
    return {};
}

Status check_no_overlap(Connection& connection, const Invoice& draft) {
    TRY_ASSIGN(const std::vector<Row> rows,
               connection.query(sql::kFindOverlappingInvoice,
                                {draft.subscription.str(), draft.period.to, draft.period.from}));
    if (rows.empty())
        return {};
    TRY_ASSIGN(const Invoice other, read_invoice(rows.front()));
    return Error{ErrorCode::kConflict,
                 fmt::format("{} has a part of the period already: {} to {}", other.id.str(),
                             format_rfc3339(other.period.from), format_rfc3339(other.period.to))};
}

struct SeriesEnd {
    std::int64_t sequence = 0;
    std::string hash = std::string(64, '0');
};

Result<SeriesEnd> read_series(Connection& connection) {
    TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kReadSeries, {billing::kInvoiceSeries}));
    if (rows.empty())
        return SeriesEnd{};
    return SeriesEnd{.sequence = rows.front().whole(0), .hash = rows.front().text(1)};
}

}  // namespace

Result<Invoice> InvoiceStore::claim(const Invoice& draft, bool reissue) {
    return database_.write([&](Connection& connection) -> Result<Invoice> {
        TRY_ASSIGN(const std::vector<Row> taken,
                   connection.query(sql::kFindInvoiceOfPeriod,
                                    {draft.subscription.str(), draft.period.from, draft.period.to}));
        if (!taken.empty()) {
            TRY_ASSIGN(Invoice kept, read_invoice(taken.front()));
            if (kept.status != InvoiceStatus::kVoid || !reissue)
                return kept;
        }
        TRY(check_no_overlap(connection, draft));
        TRY(insert_invoice(connection, draft));
        TRY(database_.audit(connection, "invoice.create", draft.id.str(),
                            fmt::format("subscription {}", draft.subscription.str())));
        return draft;
    });
}

Result<Invoice> InvoiceStore::update_draft(const Invoice& draft) {
    return database_.write([&](Connection& connection) -> Result<Invoice> {
        TRY_ASSIGN(const Invoice kept, require_invoice(connection, draft.id));
        TRY(check_is_draft_at(kept, draft.revision));
        return replace_invoice(connection, draft);
    });
}

Result<Invoice> InvoiceStore::finalize(const InvoiceId& id, std::int64_t revision, Instant at,
                                       const Seal& seal) {
    return database_.write([&](Connection& connection) -> Result<Invoice> {
        TRY_ASSIGN(Invoice invoice, require_invoice(connection, id));
        if (invoice.status == InvoiceStatus::kFinal)
            return invoice;
        TRY(check_is_draft_at(invoice, revision));
        if (invoice.stage != InvoiceStage::kRated)
            return Error{ErrorCode::kConflict, fmt::format("{} has no amounts yet", id.str())};
        TRY_ASSIGN(const SeriesEnd end, read_series(connection));
        invoice.sequence = end.sequence + 1;
        invoice.number = billing::invoice_number(billing::kInvoiceSeries, invoice.sequence);
        invoice.previous_hash = end.hash;
        invoice.finalized_at = at;
        TRY_ASSIGN(Invoice sealed, seal(invoice));
        TALLY_ASSERT(sealed.number == invoice.number && sealed.status == InvoiceStatus::kFinal &&
                         sealed.hash.size() == 64,
                     "sealing sets status and hash, and leaves the number alone");
        TRY_ASSIGN(Invoice kept, replace_invoice(connection, std::move(sealed)));
        TRY(connection.execute(sql::kAdvanceSeries, {billing::kInvoiceSeries, kept.sequence, kept.hash}));
        TRY(database_.audit(connection, "invoice.finalize", id.str(),
                            fmt::format("{} {}", kept.number, kept.hash)));
        return kept;
    });
}

Result<Invoice> InvoiceStore::make_void(const InvoiceId& id, Instant at, std::string_view reason) {
    return database_.write([&](Connection& connection) -> Result<Invoice> {
        TRY_ASSIGN(Invoice invoice, require_invoice(connection, id));
        if (invoice.status == InvoiceStatus::kVoid)
            return invoice;
        invoice.status = InvoiceStatus::kVoid;
        invoice.voided_at = at;
        invoice.void_reason = std::string(reason);
        TRY_ASSIGN(Invoice kept, replace_invoice(connection, std::move(invoice)));
        TRY(database_.audit(connection, "invoice.void", id.str(), reason));
        return kept;
    });
}

Result<std::optional<Invoice>> InvoiceStore::find(const InvoiceId& id) {
    return database_.read([&](Connection& connection) -> Result<std::optional<Invoice>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindInvoice, {id.str()}));
        return first_of<Invoice>(rows, read_invoice);
    });
}

Result<std::optional<Invoice>> InvoiceStore::find_by_number(std::string_view number) {
    return database_.read([&](Connection& connection) -> Result<std::optional<Invoice>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindInvoiceByNumber, {number}));
        return first_of<Invoice>(rows, read_invoice);
    });
}

Result<std::optional<Invoice>> InvoiceStore::find_of_period(const SubscriptionId& subscription,
                                                            const rating::Period& period) {
    return database_.read([&](Connection& connection) -> Result<std::optional<Invoice>> {
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kFindInvoiceOfPeriod, {subscription.str(), period.from, period.to}));
        return first_of<Invoice>(rows, read_invoice);
    });
}

Result<std::optional<Invoice>> InvoiceStore::newest_of(const SubscriptionId& subscription) {
    return database_.read([&](Connection& connection) -> Result<std::optional<Invoice>> {
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kFindNewestInvoiceOfSubscription, {subscription.str()}));
        return first_of<Invoice>(rows, read_invoice);
    });
}

Result<accounts::Page<Invoice>> InvoiceStore::list(const billing::InvoiceFilter& filter,
                                                   const accounts::PageRequest& page) {
    const std::string customer = filter.customer ? filter.customer->str() : "";
    const std::string_view status = filter.status ? billing::invoice_status_name(*filter.status) : "";
    return database_.read([&](Connection& connection) -> Result<accounts::Page<Invoice>> {
        TRY_ASSIGN(const std::int64_t after, position_of(connection, sql::kInvoicePosition, page.cursor));
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kListInvoices, {after, customer, status, one_more(page.limit)}));
        return page_of<Invoice>(rows, page.limit, read_invoice, invoice_id);
    });
}

}  // namespace tally::state
