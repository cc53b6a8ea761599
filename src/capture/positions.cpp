#include "capture/positions.hpp"

#include "base/json_value.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace tally::capture {
namespace {

Error wrong(std::string pointer, std::string_view what) {
    return {ErrorCode::kCorruption, fmt::format("positions of the capture log: {}", what),
            std::move(pointer)};
}

std::optional<std::uint64_t> parse_writer(std::string_view text) {
    const bool canonical = text.size() == 16 && std::all_of(text.begin(), text.end(), [](char c) {
                               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                           });
    if (!canonical)
        return std::nullopt;
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return value;
}

std::optional<std::uint64_t> sequence_of(const JsonValue& value) {
    const std::int64_t* number = value.as_int();
    if (number == nullptr || *number < 0)
        return std::nullopt;
    return static_cast<std::uint64_t>(*number);
}

Result<std::set<std::uint64_t>> parse_skipped(const JsonValue& list, std::uint64_t next,
                                              const std::string& pointer) {
    if (list.as_array() == nullptr || list.as_array()->empty())
        return wrong(pointer, "skipped is not a list with sequences in it");
    std::set<std::uint64_t> skipped;
    for (const JsonValue& value : *list.as_array()) {
        const std::optional<std::uint64_t> sequence = sequence_of(value);
        if (!sequence)
            return wrong(pointer, "skipped holds something else than sequences");
        if (*sequence >= next)
            return wrong(pointer, fmt::format("skipped sequence {} is not below next {}", *sequence, next));
        if (!skipped.empty() && *skipped.rbegin() >= *sequence)
            return wrong(pointer, "skipped sequences are not in ascending order");
        skipped.insert(skipped.end(), *sequence);
    }
    return skipped;
}

Result<WriterPosition> parse_position(const JsonValue& value, const std::string& pointer) {
    const JsonValue* next = value.find("next");
    const std::optional<std::uint64_t> sequence = next != nullptr ? sequence_of(*next) : std::nullopt;
    if (!sequence)
        return wrong(pointer, "next is missing or not a sequence");
    WriterPosition position{*sequence, {}};
    const JsonValue* skipped = value.find("skipped");
    if (skipped != nullptr) {
        TRY_ASSIGN(position.skipped, parse_skipped(*skipped, *sequence, pointer + "/skipped"));
    }
    if (value.as_object()->size() != (skipped != nullptr ? 2U : 1U))
        return wrong(pointer, "a position holds more than next and skipped");
    return position;
}

}  // namespace

std::uint64_t WriterPosition::count_untaken(std::uint64_t begin, std::uint64_t end) const {
    if (begin >= end)
        return 0;
    const std::uint64_t beyond = end > next ? end - std::max(begin, next) : 0;
    return beyond +
           static_cast<std::uint64_t>(std::distance(skipped.lower_bound(begin), skipped.lower_bound(end)));
}

std::string Positions::to_json() const {
    std::string text = "{";
    for (const auto& [writer, position] : writers) {
        fmt::format_to(std::back_inserter(text), "{}\"{:016x}\":{{\"next\":{}", text.size() > 1 ? "," : "",
                       writer, position.next);
        if (!position.skipped.empty())
            fmt::format_to(std::back_inserter(text), ",\"skipped\":[{}]", fmt::join(position.skipped, ","));
        text += '}';
    }
    return text + '}';
}

Result<Positions> Positions::from_json(std::string_view text) {
    const Result<JsonValue> document = JsonValue::parse(text);
    if (!document.ok())
        return wrong("", document.error().message);
    if (document->as_object() == nullptr)
        return wrong("", "the document is not an object");
    Positions positions;
    for (const auto& [key, value] : *document->as_object()) {
        const std::string pointer = fmt::format("/{}", key);
        const std::optional<std::uint64_t> writer = parse_writer(key);
        if (!writer)
            return wrong(pointer, "a writer id is not 16 lower-case hexadecimal digits");
        TRY_ASSIGN(positions.writers[*writer], parse_position(value, pointer));
    }
    return positions;
}

Positions taken_by_both(const Positions& a, const Positions& b) {
    Positions both;
    for (const auto& [writer, left] : a.writers) {
        const auto found = b.writers.find(writer);
        if (found == b.writers.end())
            continue;
        const WriterPosition& right = found->second;
        WriterPosition position{std::min(left.next, right.next), left.skipped};
        position.skipped.insert(right.skipped.begin(), right.skipped.end());
        position.skipped.erase(position.skipped.lower_bound(position.next), position.skipped.end());
        both.writers.emplace(writer, std::move(position));
    }
    return both;
}

}  // namespace tally::capture
