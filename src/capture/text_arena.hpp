#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace tally::capture {

// Memory for many small texts that live and die together. Places stay where they are; moving the arena moves
// none. One thread.
class TextArena {
  public:
    // Room for `size` characters, which nobody else gets.
    char* reserve(std::size_t size) {
        if (size > room_) {
            room_ = std::max(size, kBlockSize);
            next_ = blocks_.emplace_back(std::make_unique_for_overwrite<char[]>(room_)).get();
        }
        return next_;
    }

    // Keeps the first `size` characters of what reserve() gave last; the rest is given again.
    void keep(std::size_t size) {
        next_ += size;
        room_ -= size;
    }

  private:
    static constexpr std::size_t kBlockSize = 256 * 1024;

    std::vector<std::unique_ptr<char[]>> blocks_;
    char* next_ = nullptr;
    std::size_t room_ = 0;
};

}  // namespace tally::capture
