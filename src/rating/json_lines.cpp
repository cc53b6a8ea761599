#include "rating/json_lines.hpp"

#include "rating/line_document.hpp"

#include <utility>

namespace tally::rating {
namespace {

LineAnswer refuse(Document id, const Error& error) {
    Document detail = Document::object();
    // A text that is no JSON has no place that a pointer could name; its message says line and column.
    const bool is_pointer = error.pointer.empty() || error.pointer.front() == '/';
    detail.set("pointer", Document::text(is_pointer ? error.pointer : ""))
        .set("detail", Document::text(error.message));
    return {Document::object().set("id", std::move(id)).set("error", std::move(detail)).json(), false};
}

LineAnswer answer_line(std::string_view line, Status (*answer)(Fields&, Document&)) {
    const auto question = Document::parse_json(line);
    if (!question)
        return refuse(Document(), question.error());
    auto fields = Fields::open(*question, "");
    if (!fields)
        return refuse(Document(), fields.error());
    const Document* given_id = fields->take("id");
    const Document id = given_id == nullptr ? Document() : *given_id;
    Document document = Document::object();
    document.set("id", id);
    if (const Status done = answer(*fields, document); !done.ok())
        return refuse(id, done.error());
    return {document.json(), true};
}

}  // namespace

LineAnswer answer_rate_line(std::string_view line) {
    return answer_line(line, answer_rate);
}

LineAnswer answer_periods_line(std::string_view line) {
    return answer_line(line, answer_periods);
}

LineAnswer answer_wallet_line(std::string_view line) {
    return answer_line(line, answer_wallet);
}

std::string rate_json_line(std::string_view line) {
    return answer_rate_line(line).text;
}

std::string periods_json_line(std::string_view line) {
    return answer_periods_line(line).text;
}

std::string wallet_json_line(std::string_view line) {
    return answer_wallet_line(line).text;
}

}  // namespace tally::rating
