#include "rating/expression.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace tally::rating {
namespace {

using Node = Expression::Node;

constexpr std::size_t kTextSizeMax = 2000;
constexpr int kDepthMax = 50;
constexpr std::int64_t kRoundDigitsMax = 50;

struct Function {
    std::string_view name;
    std::size_t arguments_min;
    std::size_t arguments_max;
};

constexpr std::size_t kMany = 100;
constexpr std::array<Function, 7> kFunctions{{
    {"min", 2, kMany},
    {"max", 2, kMany},
    {"abs", 1, 1},
    {"ceil", 1, 1},
    {"floor", 1, 1},
    {"round", 2, 2},
    {"if", 3, 3},
}};

bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Recursive descent, one function a rule of the grammar.
class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Node> parse() {
        TRY_ASSIGN(Node node, comparison(0));
        skip_blanks();
        if (at_ < text_.size())
            return unexpected("an operator");
        return node;
    }

  private:
    Result<Node> comparison(int depth) {
        if (depth > kDepthMax)
            return wrong(fmt::format("it is more than {} levels deep", kDepthMax));
        TRY_ASSIGN(Node left, sum(depth));
        for (const std::string_view op : {"<=", ">=", "==", "!=", "<", ">"}) {
            if (!take(op))
                continue;
            TRY_ASSIGN(Node right, sum(depth));
            return operation(op, {std::move(left), std::move(right)});
        }
        return left;
    }

    Result<Node> sum(int depth) {
        TRY_ASSIGN(Node left, product(depth));
        for (;;) {
            const std::string_view op = take("+") ? "+" : (take("-") ? "-" : "");
            if (op.empty())
                return left;
            TRY_ASSIGN(Node right, product(depth));
            left = operation(op, {std::move(left), std::move(right)});
        }
    }

    Result<Node> product(int depth) {
        TRY_ASSIGN(Node left, unary(depth));
        for (;;) {
            const std::string_view op = take("*") ? "*" : (take("/") ? "/" : "");
            if (op.empty())
                return left;
            TRY_ASSIGN(Node right, unary(depth));
            left = operation(op, {std::move(left), std::move(right)});
        }
    }

    Result<Node> unary(int depth) {
        if (!take("-"))
            return value(depth);
        TRY_ASSIGN(Node operand, value(depth));
        return operation("negate", {std::move(operand)});
    }

    Result<Node> value(int depth) {
        skip_blanks();
        if (take("(")) {
            TRY_ASSIGN(Node inner, comparison(depth + 1));
            if (!take(")"))
                return unexpected("')'");
            return inner;
        }
        if (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.'))
            return number();
        if (at_ >= text_.size() || !is_name_start(text_[at_]))
            return unexpected("a number, a name or '('");
        std::string name = take_name();
        if (take("("))
            return call(std::move(name), depth);
        Node node;
        node.kind = Node::Kind::kName;
        node.name = std::move(name);
        return node;
    }

    Result<Node> number() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.'))
            ++at_;
        auto decimal = Decimal::parse(text_.substr(begin, at_ - begin));
        if (!decimal)
            return std::move(decimal).error();
        Node node;
        node.number = *std::move(decimal);
        return node;
    }

    Result<Node> call(std::string name, int depth) {
        const auto* function = std::find_if(kFunctions.begin(), kFunctions.end(),
                                            [&](const Function& f) { return f.name == name; });
        if (function == kFunctions.end())
            return wrong(fmt::format(
                "'{}' is not a function; known are min, max, abs, ceil, floor, round and if", name));
        std::vector<Node> arguments;
        do {
            TRY_ASSIGN(Node argument, comparison(depth + 1));
            arguments.push_back(std::move(argument));
        } while (take(","));
        if (!take(")"))
            return unexpected("',' or ')'");
        if (arguments.size() < function->arguments_min || arguments.size() > function->arguments_max)
            return wrong(fmt::format("{} does not take {} arguments", name, arguments.size()));
        return operation(name, std::move(arguments));
    }

    static Node operation(std::string_view name, std::vector<Node> children) {
        Node node;
        node.kind = Node::Kind::kOperation;
        node.name = std::string(name);
        node.children = std::move(children);
        return node;
    }

    std::string take_name() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && (is_name_start(text_[at_]) || is_digit(text_[at_])))
            ++at_;
        return std::string(text_.substr(begin, at_ - begin));
    }

    bool take(std::string_view token) {
        skip_blanks();
        if (text_.substr(at_, token.size()) != token)
            return false;
        at_ += token.size();
        return true;
    }

    void skip_blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'))
            ++at_;
    }

    [[nodiscard]] Error unexpected(std::string_view wanted) const {
        return wrong(at_ < text_.size() ? fmt::format("expected {} at '{}'", wanted, text_.substr(at_, 20))
                                        : fmt::format("expected {} at the end", wanted));
    }

    [[nodiscard]] static Error wrong(std::string message) {
        return {ErrorCode::kInvalidArgument, "this expression cannot be read: " + std::move(message)};
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

using Quantities = std::map<std::string, Ratio>;

Result<Ratio> evaluate_node(const Node& node, const Quantities& quantities);

Result<Ratio> divide(const Ratio& a, const Ratio& b) {
    if (b.is_zero())
        return Error{ErrorCode::kInvalidArgument, "division by zero; guard it with if(x > 0, ..., 0)"};
    return a / b;
}

Result<Ratio> round_to(const Ratio& value, const Ratio& digits) {
    const auto whole = digits.shown().to_int64();
    if (!whole || *whole > kRoundDigitsMax || *whole < -kRoundDigitsMax) {
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("round cannot round to {} digits", digits.shown().normalized_str())};
    }
    return Ratio(value.rounded(static_cast<std::int32_t>(*whole), RoundingMode::kHalfUp));
}

Ratio truth(bool holds) {
    return holds ? 1 : 0;
}

Result<Ratio> compute(const std::string& name, const std::vector<Ratio>& values) {
    const Ratio& a = values.front();
    if (name == "negate")
        return -a;
    if (name == "abs")
        return a.sign() < 0 ? -a : a;
    if (name == "ceil")
        return a.ceiling();
    if (name == "floor")
        return Ratio(a.rounded(0, RoundingMode::kFloor));
    if (name == "min")
        return *std::min_element(values.begin(), values.end());
    if (name == "max")
        return *std::max_element(values.begin(), values.end());
    const Ratio& b = values.back();
    if (name == "+")
        return a + b;
    if (name == "-")
        return a - b;
    if (name == "*")
        return a * b;
    if (name == "/")
        return divide(a, b);
    if (name == "round")
        return round_to(a, b);
    if (name == "<")
        return truth(a < b);
    if (name == "<=")
        return truth(a <= b);
    if (name == ">")
        return truth(a > b);
    if (name == ">=")
        return truth(a >= b);
    if (name == "==")
        return truth(a == b);
    TALLY_ASSERT(name == "!=", "the parser makes only known operations");
    return truth(a != b);
}

Result<Ratio> evaluate_operation(const Node& node, const Quantities& quantities) {
    if (node.name == "if") {
        TRY_ASSIGN(const Ratio condition, evaluate_node(node.children[0], quantities));
        return evaluate_node(node.children[condition.is_zero() ? 2 : 1], quantities);
    }
    std::vector<Ratio> values;
    for (const Node& child : node.children) {
        TRY_ASSIGN(Ratio value, evaluate_node(child, quantities));
        values.push_back(std::move(value));
    }
    return compute(node.name, values);
}

Result<Ratio> evaluate_node(const Node& node, const Quantities& quantities) {
    if (node.kind == Node::Kind::kNumber)
        return Ratio(node.number);
    if (node.kind == Node::Kind::kOperation)
        return evaluate_operation(node, quantities);
    const auto found = quantities.find(node.name);
    return found == quantities.end() ? Ratio() : found->second;
}

}  // namespace

Result<Expression> Expression::parse(std::string_view text) {
    if (text.size() > kTextSizeMax) {
        return Error{
            ErrorCode::kInvalidArgument,
            fmt::format("the expression has {} characters; at most {} are read", text.size(), kTextSizeMax)};
    }
    TRY_ASSIGN(Node root, Parser(text).parse());
    return Expression(std::move(root));
}

Result<Ratio> Expression::evaluate(const std::map<std::string, Ratio>& quantities) const {
    return evaluate_node(root_, quantities);
}

}  // namespace tally::rating
