#include "cli/group.hpp"

namespace tally::cli {
namespace {

const std::vector<std::string> kInvoiceColumns{"id",   "number",   "status", "customer_id",
                                               "plan", "currency", "total",  "created_at"};

struct PeriodOptions {
    std::string month;
    std::string as_of;
    std::string customer;
    bool draft = false;
    bool reissue = false;
};

struct ListOptions {
    std::string customer;
    std::string status;
};

struct VoidOptions {
    std::string id;
    std::string reason;
};

void add_period_options(CLI::App& command, PeriodOptions& options) {
    auto* month = command.add_option("--month", options.month, "periods that end in this month, 2026-10");
    command.add_option("--as-of", options.as_of, "all periods that have ended by then (RFC 3339 or a date)")
        ->excludes(month);
    command.add_option("--customer", options.customer, "only this one: id, external id or unique name");
}

std::string period_body(const PeriodOptions& options) {
    JsonWriter json;
    json.begin_object();
    for (const auto& [name, value] : {std::pair{"month", options.month}, std::pair{"as_of", options.as_of},
                                      std::pair{"customer", options.customer}})
        if (!value.empty())
            json.field(name, value);
    if (options.draft)
        json.field("draft", true);
    if (options.reissue)
        json.field("reissue", true);
    json.end_object();
    return json.take();
}

void add_preview(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<PeriodOptions>();
    CLI::App& preview =
        add_verb(noun, "preview", "what would be invoiced; of the running period unless told otherwise");
    add_period_options(preview, *options);
    set_action(preview, context.action, [&session = context.session, options] {
        return session.show(
            {"POST", "/v1/invoices/preview", {}, {}, period_body(*options)},
            {"invoices",
             {"customer_id", "plan", "period.from", "period.to", "currency", "subtotal", "tax", "total"}});
    });
}

void add_run(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<PeriodOptions>();
    CLI::App& run = add_verb(noun, "run", "makes the invoices; a repeated run gives the same ones");
    add_period_options(run, *options);
    run.add_flag("--draft", options->draft,
                 "leave them as drafts, as those of periods that have not ended are anyway");
    run.add_flag("--reissue", options->reissue, "make a new one where the period's only invoice is void");
    set_action(run, context.action, [&session = context.session, options] {
        if (options->month.empty() && options->as_of.empty()) {
            session.hint("error: name the periods: --month 2026-10 or --as-of 2026-11-01");
            return kWrongUse;
        }
        return session.show({"POST", "/v1/invoices/run", {}, {}, period_body(*options)},
                            {"invoices", kInvoiceColumns});
    });
}

void add_invoice_list(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<ListOptions>();
    CLI::App& list = add_verb(noun, "list", "all invoices");
    list.add_option("--customer", options->customer, "only this customer's");
    list.add_option("--status", options->status, "draft, final or void");
    set_action(list, context.action, [&session = context.session, options] {
        return session.show_list(
            {"GET", "/v1/invoices", query_of({{"customer", options->customer}, {"status", options->status}})},
            {"data", kInvoiceColumns});
    });
}

void add_void(const CommandContext& context, CLI::App& noun) {
    auto options = options_of<VoidOptions>();
    CLI::App& command = add_verb(noun, "void", "voids an invoice; it keeps its number and content");
    command.add_option("ID", options->id, "id or number")->required();
    command.add_option("--reason", options->reason, "for the record");
    set_action(command, context.action, [&session = context.session, options] {
        const auto body = body_of({{"reason", options->reason}});
        return session.show({"POST", path_of({"v1", "invoices", options->id, "void"}), {}, {}, body}, {});
    });
}

int prove(Session& session, const std::string& id) {
    const auto proof = session.ask({"POST", path_of({"v1", "invoices", id, "prove"})});
    if (!proof)
        return session.fail(proof.error());
    session.print(
        *proof,
        {"lines", {"charge", "group", "snapshot_id", "rows", "quantity", "amount", "digest", "proved"}});
    const JsonValue* proved = proof->find("proved");
    if (proved != nullptr && proved->as_bool() != nullptr && *proved->as_bool()) {
        session.hint("proved: run again from its snapshots, every line is equal to the last digit");
        return kDone;
    }
    for (const char* list : {"lines", "differences"}) {
        const JsonValue* items = proof->find(list);
        if (items == nullptr || items->as_array() == nullptr)
            continue;
        for (const JsonValue& item : *items->as_array()) {
            const std::string text =
                item.as_string() != nullptr ? *item.as_string() : std::string(item.text_of("difference"));
            if (!text.empty())
                session.hint("difference: " +
                             (item.as_string() != nullptr ? "" : std::string(item.text_of("charge")) + ": ") +
                             text);
        }
    }
    return kDifference;
}

void add_prove(const CommandContext& context, CLI::App& noun) {
    auto id = options_of<std::string>();
    CLI::App& command =
        add_verb(noun, "prove", "runs an invoice again and compares; exit code 4 for a difference");
    command.add_option("ID", *id, "id or number")->required();
    set_action(command, context.action, [&session = context.session, id] { return prove(session, *id); });
}

}  // namespace

void add_invoice_commands(const CommandContext& context) {
    CLI::App& noun = add_noun(context, "invoice", "bills, and their proof");
    add_preview(context, noun);
    add_run(context, noun);
    add_invoice_list(context, noun);
    add_by_id(context, noun, "show", "GET", "invoices", "", "one invoice");
    add_by_id(context, noun, "finalize", "POST", "invoices", "finalize",
              "numbers a draft; it never changes then");
    add_void(context, noun);
    add_prove(context, noun);
}

}  // namespace tally::cli
