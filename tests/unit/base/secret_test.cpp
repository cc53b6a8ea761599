#include "base/secret.hpp"

#include <concepts>
#include <ostream>
#include <utility>

#include <gtest/gtest.h>

namespace tally {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
    out << value;
};

static_assert(!Printable<Secret>, "a secret must not be printable");
static_assert(!std::convertible_to<Secret, std::string>);
static_assert(!std::convertible_to<Secret, std::string_view>);

TEST(Secret, IsEmptyAfterAMove) {
    Secret a("tm_live_secret");
    const Secret b = std::move(a);
    EXPECT_EQ(b.reveal(), "tm_live_secret");
    EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that it is wiped is the point
}

TEST(Secret, OverwritesItsMemory) {
    const std::string value(100, 'x');
    Secret a(value);
    const char* at = a.reveal().data();
    a = Secret();
    // The buffer belongs to `a` still (assignment reuses it); its content is gone.
    EXPECT_NE(std::string(at, 4), "xxxx");
}

TEST(EqualInConstantTime, ComparesContentAndLength) {
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
    EXPECT_FALSE(equal_in_constant_time("ab", "abab"));
    EXPECT_FALSE(equal_in_constant_time("abab", "ab"));
    EXPECT_FALSE(equal_in_constant_time("a", ""));
}

}  // namespace
}  // namespace tally
