#pragma once

#include "base/result.hpp"
#include "rating/ratio.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tally::rating {

// An arithmetic expression over named quantities, exact throughout:
//
//   comparison = sum [("<" | "<=" | ">" | ">=" | "==" | "!=") sum]      1 when it holds, else 0
//   sum        = product {("+" | "-") product}
//   product    = unary {("*" | "/") unary}
//   unary      = ["-"] value
//   value      = number | name | name "(" comparison {"," comparison} ")" | "(" comparison ")"
//
// Functions: min, max (two or more), abs, ceil, floor, round(x, digits) (half up), if(condition, then, else),
// of which only the branch that is taken is computed. A name that has no quantity is 0. At most 2,000
// characters and 50 levels deep. A value, immutable.
class Expression {
  public:
    static Result<Expression> parse(std::string_view text);

    // An error on a division by zero.
    [[nodiscard]] Result<Ratio> evaluate(const std::map<std::string, Ratio>& quantities) const;

    // A node of the syntax tree: `name` is an operator, a function, a quantity, or empty for a number.
    struct Node {
        enum class Kind { kNumber, kName, kOperation };
        Kind kind = Kind::kNumber;
        std::string name;
        Decimal number;
        std::vector<Node> children;
    };

  private:
    explicit Expression(Node root) : root_(std::move(root)) {}

    Node root_;
};

}  // namespace tally::rating
