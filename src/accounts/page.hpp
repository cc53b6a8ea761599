#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tally::accounts {

// What part of a list is asked for.
struct PageRequest {
    std::size_t limit = 50;   // 1 to 1000
    std::string cursor = {};  // `next_cursor` of the page before; empty = from the start
};

// One part of a list, in the order of creation.
template <class T>
struct Page {
    std::vector<T> data;
    std::string next_cursor;  // opaque; empty iff this is the last page
};

inline constexpr std::size_t kPageLimitMax = 1000;

inline Status check_page(const PageRequest& page) {
    if (page.limit < 1 || page.limit > kPageLimitMax)
        return Error{ErrorCode::kInvalidArgument, "limit must be from 1 to 1000", "/limit"};
    return {};
}

}  // namespace tally::accounts
