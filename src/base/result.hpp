#pragma once

#include "base/error.hpp"

#include <utility>

#include <tl/expected.hpp>

namespace tally {

// The value, or why there is none. Every operating error in Tallyman travels this way; exceptions are caught
// where a third-party library throws them. Include this header, never the library behind it.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
    using Base = tl::expected<T, Error>;

  public:
    using Base::Base;

    Result(Error error)  // NOLINT(google-explicit-constructor): `return Error{...};` reads as intended
        : Base(tl::unexpect, std::move(error)) {}

    Result(Base base)  // NOLINT(google-explicit-constructor): results of and_then and map
        : Base(std::move(base)) {}

    [[nodiscard]] bool ok() const { return this->has_value(); }
};

using Status = Result<void>;

}  // namespace tally

#define TALLY_CONCAT_(a, b) a##b
#define TALLY_CONCAT(a, b) TALLY_CONCAT_(a, b)

// Evaluates a Result or Status; on error returns it from the enclosing function.
#define TRY(expression)                                                \
    do {                                                               \
        if (auto try_result_ = (expression); !try_result_.has_value()) \
            return std::move(try_result_).error();                     \
    } while (false)

// TRY_ASSIGN(auto value, expression): the value on success, else the error is returned.
#define TRY_ASSIGN(declaration, expression) \
    TRY_ASSIGN_(TALLY_CONCAT(try_result_, __LINE__), declaration, expression)
#define TRY_ASSIGN_(name, declaration, expression) \
    auto name = (expression);                      \
    if (!name.has_value())                         \
        return std::move(name).error();            \
    declaration = std::move(*name)
