#include "base/secret.hpp"

#include <cstring>

namespace tally {

void Secret::wipe() noexcept {
    value_.resize(value_.capacity());
    explicit_bzero(value_.data(), value_.size());
    value_.clear();
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    unsigned difference = a.size() == b.size() ? 0U : 1U;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const unsigned char other = b.empty() ? 0U : static_cast<unsigned char>(b[i % b.size()]);
        difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ other);
    }
    return difference == 0;
}

}  // namespace tally
