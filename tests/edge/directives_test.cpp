// The page of operations and the module agree on what may stand in an nginx configuration. Runs in the
// repository's folder.
#include "edge/command.hpp"
#include "edge/nginx_process.hpp"
#include "support/temp_folder.hpp"

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::test {
namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    std::string text(std::istreambuf_iterator<char>(file), {});
    EXPECT_FALSE(text.empty()) << path;
    return text;
}

std::set<std::string> matches(const std::string& text, const std::regex& wanted) {
    std::set<std::string> found;
    for (std::sregex_iterator match(text.begin(), text.end(), wanted); match != std::sregex_iterator();
         ++match)
        found.insert((*match)[1]);
    return found;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
}

TEST(Directives, EachIsOnThePageAndNoOther) {
    const auto known =
        matches(text_of("src/edge/module/config.cpp"), std::regex(R"re(\{str\("(tallyman\w*)"\))re"));
    const auto told =
        matches(text_of("docs/operations/nginx.md"), std::regex(R"re(\n\| `(tallyman\w*)[ `])re"));
    EXPECT_GT(known.size(), 20U);
    EXPECT_EQ(known, told);
}

TEST(Directives, EachVariableIsOnThePage) {
    const std::string page = text_of("docs/operations/nginx.md");
    const auto known =
        matches(text_of("src/edge/module/variables.cpp"), std::regex(R"re(\{str\("(tallyman\w*)"\))re"));
    EXPECT_GE(known.size(), 7U);
    for (const std::string& name : known)
        EXPECT_NE(page.find("`$" + name + "`"), std::string::npos) << name;
}

TEST(Directives, NginxTakesTheExampleOfThePage) {
    const std::string page = text_of("docs/operations/nginx.md");
    const std::size_t start = page.find("```nginx\n") + 9;
    std::string example = page.substr(start, page.find("```", start) - start);
    const TempFolder folder;
    std::filesystem::create_directories(folder.path() / "capture");
    std::filesystem::create_directories(folder.path() / "edge");
    replace_all(example, "/path/to/ngx_http_tallyman_module.so", EDGE_MODULE);
    replace_all(example, "/srv/tallyman-data", folder.path().string());
    const std::string path = folder.path() / "example.conf";
    std::ofstream(path) << "pid " << folder.path().string() << "/pid;\n" << example;
    const auto said = edge::run_command(
        {edge::find_nginx()->string(), "-t", "-q", "-e", "stderr", "-p", folder.path().string(), "-c", path});
    ASSERT_TRUE(said.ok());
    EXPECT_EQ(said->exit_code, 0) << said->output;
}

}  // namespace
}  // namespace tally::test
