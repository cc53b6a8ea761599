#pragma once

#include "base/clock.hpp"
#include "base/decimal.hpp"
#include "base/result.hpp"
#include "base/time_zone.hpp"
#include "rating/document.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::rating {

// Bounds of a decimal field, both included.
struct Bounds {
    std::optional<Decimal> low;
    std::optional<Decimal> high;
};

inline const Bounds kAnyNumber{};
inline const Bounds kNotNegative{Decimal(0), std::nullopt};
inline const Bounds kShare{Decimal(0), Decimal(1)};

// Reads an object member by member and refuses, in finish(), the members that nobody asked for. Errors point
// at the place in the whole document and say what would be right. The document must outlive it. A member that
// is null counts as absent.
class Fields {
  public:
    static Result<Fields> open(const Document& object, std::string pointer);

    [[nodiscard]] const std::string& pointer() const { return pointer_; }

    [[nodiscard]] std::string pointer_to(std::string_view name) const;
    [[nodiscard]] Error error_at(std::string_view name, std::string message) const;

    // The member itself; null when absent.
    const Document* take(std::string_view name);
    Result<const Document*> require(std::string_view name);
    // Whether the member is there; does not count as asking for it.
    [[nodiscard]] bool has(std::string_view name) const;

    Result<std::string> text(std::string_view name);
    Result<std::string> text_or(std::string_view name, std::string otherwise);
    Result<Decimal> decimal(std::string_view name, const Bounds& bounds = kAnyNumber);
    Result<Decimal> decimal_or(std::string_view name, Decimal otherwise, const Bounds& bounds = kAnyNumber);
    Result<std::optional<Decimal>> optional_decimal(std::string_view name, const Bounds& bounds = kAnyNumber);
    Result<std::int64_t> integer_or(std::string_view name, std::int64_t otherwise);
    Result<bool> flag_or(std::string_view name, bool otherwise);
    // RFC 3339, or a date alone for local midnight in `zone`.
    Result<Instant> instant(std::string_view name, const TimeZone& zone);
    Result<std::optional<Instant>> optional_instant(std::string_view name, const TimeZone& zone);
    // A list of texts; a single text counts as a list of one. Empty when absent.
    Result<std::vector<std::string>> texts(std::string_view name);
    // The items of a list; nothing when absent.
    Result<const std::vector<Document>*> list(std::string_view name);

    Status finish() const;

  private:
    Fields(const Document& object, std::string pointer) : object_(&object), pointer_(std::move(pointer)) {}

    const Document* object_;
    std::string pointer_;
    std::vector<std::string> asked_;
};

// A member's or an item's JSON pointer (RFC 6901).
std::string pointer_into(std::string_view pointer, std::string_view name);
std::string pointer_into(std::string_view pointer, std::size_t index);

// A decimal as a text, or as a whole JSON number.
Result<Decimal> read_decimal(const Document& value, const std::string& pointer);
Result<Instant> read_instant(const Document& value, const std::string& pointer, const TimeZone& zone);

}  // namespace tally::rating
