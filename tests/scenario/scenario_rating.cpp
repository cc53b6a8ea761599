#include "rating/document.hpp"
#include "rating/json_lines.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

// Reads tests/scenario/rating/*.table (format: the README beside them) and holds every row against the build.
namespace tally::rating {
namespace {

struct Table {
    std::string command;
    std::string document;
    std::string expect;
    std::vector<std::string> columns;
};

std::string trimmed(const std::string& text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string::npos)
        return "";
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<std::string> after(const std::string& line, const std::string& label) {
    if (!line.starts_with(label))
        return std::nullopt;
    return trimmed(line.substr(label.size()));
}

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream in(line.substr(1));
    for (std::string cell; std::getline(in, cell, '|');)
        cells.push_back(trimmed(cell));
    return cells;
}

// Longer names first, so that $unit does not eat the front of $units.
std::string filled(std::string text, const std::vector<std::string>& names,
                   const std::vector<std::string>& cells) {
    std::map<std::size_t, std::vector<std::size_t>, std::greater<>> by_length;
    for (std::size_t i = 0; i < names.size(); ++i)
        by_length[names[i].size()].push_back(i);
    for (const auto& [length, indexes] : by_length)
        for (const std::size_t i : indexes)
            for (std::size_t at = 0; (at = text.find("$" + names[i], at)) != std::string::npos;
                 at += cells[i].size())
                text.replace(at, names[i].size() + 1, cells[i]);
    return text;
}

const Document* at_pointer(const Document& root, const std::string& pointer) {
    const Document* found = &root;
    std::istringstream in(pointer.empty() ? pointer : pointer.substr(1));
    for (std::string part; found != nullptr && std::getline(in, part, '/');) {
        if (found->kind() != Document::Kind::kList) {
            found = found->find(part);
        } else {
            const auto index = static_cast<std::size_t>(std::stoul(part));
            found = index < found->items().size() ? &found->items()[index] : nullptr;
        }
    }
    return found;
}

LineAnswer ask(const std::string& command, const std::string& question) {
    if (command == "periods")
        return answer_periods_line(question);
    return command == "wallet" ? answer_wallet_line(question) : answer_rate_line(question);
}

// What the answer has at the place, as a table would write it.
std::string found_in(const LineAnswer& answer, const std::string& pointer) {
    const auto document = Document::parse_json(answer.text);
    if (!document)
        return "no JSON: " + answer.text;
    if (!answer.ok)
        return "error " + at_pointer(*document, "/error/pointer")->str();
    const Document* value = at_pointer(*document, pointer);
    if (value == nullptr)
        return "nothing at " + pointer + " in " + answer.text;
    return value->kind() == Document::Kind::kText ? value->str() : value->json();
}

void check_row(const Table& table, const std::vector<std::string>& cells) {
    ASSERT_EQ(cells.size(), table.columns.size());
    const std::string question = filled(table.document, table.columns, cells);
    const LineAnswer answer = ask(table.command, question);
    EXPECT_EQ(trimmed(found_in(answer, filled(table.expect, table.columns, cells))), cells.back())
        << "question " << question << "\nanswer   " << answer.text;
}

// The number of rows.
int check_file(const std::filesystem::path& path) {
    std::ifstream in(path);
    Table table;
    int rows = 0;
    int number = 0;
    bool in_document = false;
    for (std::string line; std::getline(in, line);) {
        SCOPED_TRACE(path.filename().string() + ":" + std::to_string(++number));
        if (line.starts_with("#") || line.empty()) {
            in_document = false;
        } else if (const auto command = after(line, "command:")) {
            table.command = *command;
        } else if (const auto document = after(line, "document:")) {
            table = {table.command, *document, "", {}};
            in_document = true;
        } else if (in_document && line.starts_with(" ")) {
            table.document += trimmed(line);
        } else if (const auto expect = after(line, "expect:")) {
            table.expect = *expect;
        } else if (line.starts_with("|") && table.columns.empty()) {
            table.columns = cells_of(line);
        } else if (line.starts_with("|")) {
            check_row(table, cells_of(line));
            ++rows;
        } else {
            ADD_FAILURE() << "this line is of no known kind: " << line;
        }
    }
    return rows;
}

class RatingTable : public testing::TestWithParam<std::string> {};

TEST_P(RatingTable, HoldsInEveryRow) {
    const auto path = std::filesystem::path("tests/scenario/rating") / (GetParam() + ".table");
    EXPECT_GT(check_file(path), 0) << "run from the root of the sources: " << path;
}

INSTANTIATE_TEST_SUITE_P(Tables, RatingTable,
                         testing::Values("tiers", "models", "order", "meters", "plans", "periods", "wallet"),
                         [](const auto& table) { return table.param; });

TEST(RatingTables, AreAllInTheList) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator("tests/scenario/rating"))
        if (entry.path().extension() == ".table")
            ++files;
    EXPECT_EQ(files, 7U) << "a new table has to be named above";
}

}  // namespace
}  // namespace tally::rating
