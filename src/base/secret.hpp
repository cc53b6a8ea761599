#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace tally {

// A value that must not be shown: it has no operator<<, no formatter and no conversion to a string, and its
// memory is overwritten when it goes. reveal() marks each place where the bytes are really needed.
class Secret {
  public:
    Secret() = default;

    explicit Secret(std::string value) : value_(std::move(value)) {}

    ~Secret() { wipe(); }

    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;

    // Copied and wiped, not moved: moving a short string leaves its bytes behind.
    Secret(Secret&& other) noexcept
        : value_(other.value_) {  // NOLINT(performance-move-constructor-init): see above
        other.wipe();
    }

    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            wipe();
            value_ = other.value_;
            other.wipe();
        }
        return *this;
    }

    [[nodiscard]] std::string_view reveal() const { return value_; }

    [[nodiscard]] bool empty() const { return value_.empty(); }

  private:
    void wipe() noexcept;

    std::string value_;
};

// True when both are equal; the time taken depends on the lengths alone.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace tally
