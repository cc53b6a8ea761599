#include "billing/invoice_proof.hpp"

#include "billing/invoice_document.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tally::billing {

namespace {

// Gathers "name: invoice a, again b" for whatever differs.
class Differences {
  public:
    void compare(std::string_view name, const std::string& invoice, const std::string& again) {
        if (invoice == again)
            return;
        text_ += fmt::format("{}{}: the invoice says {}, the records give {}", text_.empty() ? "" : "; ",
                             name, invoice.empty() ? "nothing" : invoice, again.empty() ? "nothing" : again);
    }

    // Of different value, or of the same value written differently: both change the bytes.
    void compare(std::string_view name, const Decimal& invoice, const Decimal& again) {
        compare(name, invoice.str(), again.str());
    }

    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string text_;
};

std::string steps_json(const InvoiceLine& line) {
    Invoice only;
    only.currency = "USD";
    only.lines.push_back(line);
    JsonWriter json;
    json.begin_object();
    write_invoice_content(json, only);
    return json.end_object().take();
}

std::string differences_of(const InvoiceLine& invoice, const InvoiceLine& again) {
    Differences found;
    found.compare("rows", std::to_string(invoice.rows), std::to_string(again.rows));
    found.compare("skipped", std::to_string(invoice.skipped), std::to_string(again.skipped));
    found.compare("metered", invoice.metered.normalized_str(), again.metered.normalized_str());
    found.compare("quantity", invoice.quantity.normalized_str(), again.quantity.normalized_str());
    found.compare("digest", invoice.digest, again.digest);
    found.compare("amount", invoice.amount, again.amount);
    if (found.text().empty() && steps_json(invoice) != steps_json(again))
        return "the text or the steps of the line are not those of its plan version";
    return found.text();
}

const InvoiceLine* same_line(const std::vector<InvoiceLine>& lines, const InvoiceLine& wanted) {
    const auto found = std::find_if(lines.begin(), lines.end(), [&](const InvoiceLine& line) {
        return line.charge == wanted.charge && line.group == wanted.group;
    });
    return found == lines.end() ? nullptr : &*found;
}

ProvedLine prove_line(const InvoiceLine& line, const InvoiceLine* again) {
    const InvoiceLine& shown = again != nullptr ? *again : line;
    ProvedLine proved{.charge = line.charge,
                      .group = line.group,
                      .snapshot = shown.snapshot,
                      .rows = shown.rows,
                      .quantity = shown.quantity,
                      .amount = shown.amount,
                      .digest = shown.digest,
                      .proved = false,
                      .difference = again != nullptr ? differences_of(line, *again)
                                                     : "the records and the plan version give no such line"};
    if (again != nullptr && line.snapshot != again->snapshot)
        proved.difference += "the line names another snapshot than the invoice";
    proved.proved = proved.difference.empty();
    return proved;
}

std::string totals_difference(const InvoiceTotals& invoice, const InvoiceTotals& again) {
    Differences found;
    found.compare("subtotal", invoice.subtotal, again.subtotal);
    found.compare("discounts", invoice.discounts, again.discounts);
    found.compare("minimum_adjustment", invoice.minimum_adjustment, again.minimum_adjustment);
    found.compare("tax", invoice.tax, again.tax);
    found.compare("credits", invoice.credits, again.credits);
    found.compare("total", invoice.total, again.total);
    return found.text();
}

// What was sealed must be what is kept, and what comes out again.
void prove_hash(const Invoice& invoice, const PricedContent& again, const std::string& previous_hash,
                Proof& proof) {
    if (invoice.hash.empty())
        return;
    if (const std::string kept = invoice_hash(invoice); kept != invoice.hash)
        proof.differences.push_back(fmt::format(
            "hash: sealed as {}, the kept invoice has {}: it was changed after that", invoice.hash, kept));
    Invoice fresh = invoice;
    fresh.lines = again.lines;
    fresh.totals = again.totals;
    if (const std::string hash = invoice_hash(fresh); hash != invoice.hash)
        proof.differences.push_back(
            fmt::format("hash: sealed as {}, the records give {}", invoice.hash, hash));
    if (!previous_hash.empty() && previous_hash != invoice.previous_hash)
        proof.differences.push_back(
            fmt::format("previous_hash: sealed after {}, the invoice before it has {}", invoice.previous_hash,
                        previous_hash));
}

}  // namespace

Proof prove_invoice(const Invoice& invoice, const PricedContent& again, const std::string& previous_hash) {
    Proof proof{.id = invoice.id, .number = invoice.number, .lines = {}, .differences = {}, .proved = false};
    for (const InvoiceLine& line : invoice.lines)
        proof.lines.push_back(prove_line(line, same_line(again.lines, line)));
    for (const InvoiceLine& line : again.lines)
        if (same_line(invoice.lines, line) == nullptr)
            proof.differences.push_back(fmt::format("the invoice has no line for charge \"{}\", amount {}",
                                                    line.charge, line.amount.str()));
    if (std::string difference = totals_difference(invoice.totals, again.totals); !difference.empty())
        proof.differences.push_back(std::move(difference));
    prove_hash(invoice, again, previous_hash, proof);
    proof.proved = proof.differences.empty() && std::all_of(proof.lines.begin(), proof.lines.end(),
                                                            [](const ProvedLine& l) { return l.proved; });
    return proof;
}

}  // namespace tally::billing
