#include "rating/json_lines.hpp"

#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

// The pure commands without the program around them: JSON lines on stdin, answers on stdout, for outside
// oracles.
//
//   rate_lines rate|periods|wallet < questions > answers
int main(int argc, char** argv) {
    using namespace tally::rating;
    const std::string_view command = argc > 1 ? argv[1] : "";
    auto* answer = command == "rate"      ? answer_rate_line
                   : command == "periods" ? answer_periods_line
                   : command == "wallet"  ? answer_wallet_line
                                          : nullptr;
    if (answer == nullptr) {
        std::fputs("usage: rate_lines rate|periods|wallet\n", stderr);
        return 2;
    }
    bool all_ok = true;
    for (std::string line; std::getline(std::cin, line);) {
        const LineAnswer answered = answer(line);
        all_ok = all_ok && answered.ok;
        std::cout << answered.text << '\n';
    }
    return all_ok ? 0 : 1;
}
