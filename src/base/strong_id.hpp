#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace tally {

// A text id that cannot be mistaken for another kind of id. Opaque; compares and hashes by its text.
template <class Tag>
class StrongId {
  public:
    StrongId() = default;

    explicit StrongId(std::string text) : text_(std::move(text)) {}

    [[nodiscard]] const std::string& str() const { return text_; }

    [[nodiscard]] bool empty() const { return text_.empty(); }

    auto operator<=>(const StrongId&) const = default;

  private:
    std::string text_;
};

// An integer with a meaning: sequence, snapshot, offset. Ordered; arithmetic is spelled out with value().
template <class Tag, class Int = std::int64_t>
class StrongInt {
  public:
    constexpr StrongInt() = default;

    constexpr explicit StrongInt(Int value) : value_(value) {}

    [[nodiscard]] constexpr Int value() const { return value_; }

    [[nodiscard]] constexpr StrongInt next() const { return StrongInt(value_ + 1); }

    constexpr auto operator<=>(const StrongInt&) const = default;

  private:
    Int value_{};
};

// The ids that more than one stage handles. Prefixes are part of the public surface (cus_, key_, inv_, sub_).
using CustomerId = StrongId<struct CustomerIdTag>;
using KeyId = StrongId<struct KeyIdTag>;
using PlanId = StrongId<struct PlanIdTag>;
using MeterId = StrongId<struct MeterIdTag>;
using SubscriptionId = StrongId<struct SubscriptionIdTag>;
using InvoiceId = StrongId<struct InvoiceIdTag>;
using UsagePlanId = StrongId<struct UsagePlanIdTag>;
using SnapshotId = StrongInt<struct SnapshotIdTag, std::int64_t>;

}  // namespace tally

template <class Tag>
struct std::hash<tally::StrongId<Tag>> {
    std::size_t operator()(const tally::StrongId<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.str());
    }
};

template <class Tag, class Int>
struct std::hash<tally::StrongInt<Tag, Int>> {
    std::size_t operator()(const tally::StrongInt<Tag, Int>& id) const noexcept {
        return std::hash<Int>{}(id.value());
    }
};
