#include "base/error.hpp"

#include "base/result.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

Result<int> half(int value) {
    if (value % 2 != 0)
        return Error{ErrorCode::kInvalidArgument, std::to_string(value) + " is odd", "/value"};
    return value / 2;
}

Result<int> quarter(int value) {
    TRY_ASSIGN(const int once, half(value));
    return half(once);
}

Status only_even(int value) {
    TRY(half(value));
    return {};
}

TEST(Result, CarriesTheValueOrTheError) {
    EXPECT_EQ(quarter(8).value(), 2);
    EXPECT_EQ(quarter(6).error().message, "3 is odd");
    EXPECT_EQ(quarter(6).error().pointer, "/value");
}

TEST(Result, TryReturnsTheErrorOfAStatus) {
    EXPECT_TRUE(only_even(2).ok());
    EXPECT_EQ(only_even(1).error().code, ErrorCode::kInvalidArgument);
}

TEST(Error, ShowsWhatWasBeingDone) {
    const Error outer = Error{ErrorCode::kIo, "cannot read x"}.within("opening the lake");
    EXPECT_EQ(outer.message, "opening the lake: cannot read x");
    EXPECT_EQ(outer.code, ErrorCode::kIo);
}

TEST(Error, EveryCodeHasItsOwnName) {
    EXPECT_EQ(error_code_name(ErrorCode::kUnknownOutcome), "unknown_outcome");
    EXPECT_NE(error_code_name(ErrorCode::kIo), error_code_name(ErrorCode::kUnknownOutcome));
}

}  // namespace
}  // namespace tally
