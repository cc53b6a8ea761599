#include "seeds.hpp"

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace tally::test {
namespace {

std::uint64_t number_in(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

void for_each_seed(std::uint64_t slice, const std::function<void(std::uint64_t seed)>& one) {
    const std::uint64_t count = number_in("TALLYMAN_SEEDS", slice);
    const std::uint64_t first = number_in("TALLYMAN_SEED", std::random_device()() % 1'000'000'000U);
    std::cout << "seeds " << first << " to " << first + count - 1 << std::endl;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        one(seed);
        if (testing::Test::HasFailure()) {
            std::cout << "failed: TALLYMAN_SEED=" << seed << " TALLYMAN_SEEDS=1 repeats it" << std::endl;
            return;
        }
    }
    std::cout << count << " seeds, no failure" << std::endl;
}

ScratchFolder::ScratchFolder() {
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    std::string name =
        ((memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) /
         "tallyman-power-XXXXXX")
            .string();
    path_ = ::mkdtemp(name.data());
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace tally::test
