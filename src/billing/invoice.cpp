#include "billing/invoice.hpp"

#include <fmt/format.h>

namespace tally::billing {

std::string_view invoice_status_name(InvoiceStatus status) {
    switch (status) {
        case InvoiceStatus::kDraft: return "draft";
        case InvoiceStatus::kFinal: return "final";
        case InvoiceStatus::kVoid: return "void";
    }
    return "";
}

Result<InvoiceStatus> parse_invoice_status(std::string_view name) {
    for (const InvoiceStatus status : {InvoiceStatus::kDraft, InvoiceStatus::kFinal, InvoiceStatus::kVoid})
        if (name == invoice_status_name(status))
            return status;
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("\"{}\" is no status of an invoice; there are draft, final and void", name),
                 "/status"};
}

std::string invoice_number(std::string_view series, std::int64_t sequence) {
    return fmt::format("{}-{:06}", series, sequence);
}

}  // namespace tally::billing
