#include "billing/plan_diff.hpp"

#include "rating/document.hpp"

#include <algorithm>

namespace tally::billing {

namespace {

using rating::Document;

// RFC 6901.
std::string into(const std::string& pointer, std::string_view name) {
    std::string out = pointer + "/";
    for (const char c : name)
        out += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
    return out;
}

// The items' codes; empty when they are not all objects with one.
std::vector<std::string> codes_of(const Document& list) {
    std::vector<std::string> codes;
    for (const Document& item : list.items()) {
        const Document* code = item.find("code");
        if (code == nullptr || code->kind() != Document::Kind::kText)
            return {};
        codes.push_back(code->str());
    }
    return codes;
}

// A list or object as names and values.
std::vector<Document::Member> parts_of(const Document& document, bool by_code) {
    if (document.kind() == Document::Kind::kObject)
        return document.members();
    const std::vector<std::string> codes = by_code ? codes_of(document) : std::vector<std::string>();
    std::vector<Document::Member> parts;
    for (std::size_t i = 0; i < document.items().size(); ++i)
        parts.push_back({by_code ? codes[i] : std::to_string(i), document.items()[i]});
    return parts;
}

bool has_parts(const Document& document) {
    return document.kind() == Document::Kind::kObject || document.kind() == Document::Kind::kList;
}

const Document* part_named(const std::vector<Document::Member>& parts, std::string_view name) {
    const auto found =
        std::find_if(parts.begin(), parts.end(), [&](const auto& part) { return part.name == name; });
    return found == parts.end() ? nullptr : &found->value;
}

void compare(const Document* before, const Document* after, const std::string& pointer,
             std::vector<PlanDifference>& out) {
    const bool inside =
        before != nullptr && after != nullptr && before->kind() == after->kind() && has_parts(*before);
    if (!inside) {
        const auto text = [](const Document* side) {
            return side == nullptr ? std::nullopt : std::optional(side->json());
        };
        if (text(before) != text(after))
            out.push_back({pointer, text(before), text(after)});
        return;
    }
    const bool by_code = !codes_of(*before).empty() && !codes_of(*after).empty();
    const std::vector<Document::Member> old_parts = parts_of(*before, by_code);
    const std::vector<Document::Member> new_parts = parts_of(*after, by_code);
    for (const Document::Member& part : old_parts)
        compare(&part.value, part_named(new_parts, part.name), into(pointer, part.name), out);
    for (const Document::Member& part : new_parts)
        if (part_named(old_parts, part.name) == nullptr)
            compare(nullptr, &part.value, into(pointer, part.name), out);
}

}  // namespace

Result<std::vector<PlanDifference>> diff_plans(std::string_view before, std::string_view after) {
    TRY_ASSIGN(const Document old_plan, Document::parse_json(before));
    TRY_ASSIGN(const Document new_plan, Document::parse_json(after));
    std::vector<PlanDifference> differences;
    compare(&old_plan, &new_plan, "", differences);
    return differences;
}

}  // namespace tally::billing
