#include "app/config.hpp"

#include "app/config_keys.hpp"
#include "base/nearest_name.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace tally::app {
namespace {

std::string mistake(std::string_view text) {
    const auto config = parse_config(text, "tallyman.toml");
    return config ? "none" : config.error().message;
}

TEST(Config, TheGeneratedFileHoldsTheDefaults) {
    const auto config = parse_config(generated_config(), "tallyman.toml");
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_EQ(*config, Config());
    EXPECT_EQ(*parse_config("", "x"), Config());
}

TEST(Config, TheGeneratedFileExplainsEveryKey) {
    const std::string text = generated_config();
    for (const ConfigKey& key : config_keys()) {
        EXPECT_NE(text.find("\n" + key.name + " = " + key.default_toml + "\n"), std::string::npos)
            << key.name;
        EXPECT_NE(text.find("# " + key.meaning), std::string::npos) << key.name;
        const auto& sections = config_sections();
        EXPECT_NE(std::find(sections.begin(), sections.end(), key.section), sections.end()) << key.section;
    }
    for (const std::string& section : config_sections())
        EXPECT_NE(text.find("\n[" + section + "]\n"), std::string::npos) << section;
}

// The test runs in the repository's folder.
TEST(Config, ThePageOfOperationsHoldsEveryKeyAndDefault) {
    std::ifstream file("docs/operations/configuration.md");
    const std::string page(std::istreambuf_iterator<char>(file), {});
    ASSERT_FALSE(page.empty());
    for (const ConfigKey& key : config_keys())
        EXPECT_NE(page.find("| `" + key.name + "` | `" + key.default_toml + "` | " + key.meaning),
                  std::string::npos)
            << key.section << "." << key.name;
    for (const ConfigList& list : config_lists())
        for (const ConfigKey& key : list.keys)
            EXPECT_NE(page.find("| `" + key.name + "` | `" + key.default_toml + "` | " + key.meaning),
                      std::string::npos)
                << key.section << "." << key.name;
}

TEST(Config, ReadsEveryKind) {
    const auto config = parse_config(R"(
[edge]
listen = "[::1]:80"
upstream = "http://api.internal:3000"
key_headers = ["x-api-key", "X-Key"]
anonymous = true
workers = 4
[capture]
sync_interval = "250ms"
on_full = "serve"
[delivery]
flush_interval = "5m"
flush_size = "1GiB"
[lake]
warehouse = "file:/srv/lake"
)",
                                     "tallyman.toml");
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_EQ(config->edge.listen, (ListenAddress{"::1", 80}));
    EXPECT_EQ(config->edge.key_headers.size(), 2U);
    EXPECT_TRUE(config->edge.anonymous);
    EXPECT_EQ(config->edge.workers, 4);
    EXPECT_EQ(config->capture.sync_interval, std::chrono::milliseconds(250));
    EXPECT_EQ(config->capture.on_full, OnFull::kServe);
    EXPECT_EQ(config->delivery.flush_interval, std::chrono::minutes(5));
    EXPECT_EQ(config->delivery.flush_size, 1ULL << 30U);
    EXPECT_EQ(config->lake.warehouse, "file:/srv/lake");
    EXPECT_EQ(config->api, Config().api);
}

TEST(Config, MistakesAreNamedWithLineColumnAndTheNearestName) {
    EXPECT_EQ(
        mistake("[delivery]\nflsh_interval = \"15s\"\n"),
        "tallyman.toml:2:1 unknown key \"flsh_interval\" in [delivery]; did you mean \"flush_interval\"?");
    EXPECT_EQ(mistake("[delivry]\n"),
              "tallyman.toml:1:2 unknown section [delivry]; did you mean \"delivery\"?");
    EXPECT_EQ(mistake("[edge]\nbanana = 1\n"), "tallyman.toml:2:1 unknown key \"banana\" in [edge]");
    EXPECT_EQ(mistake("listen = \"127.0.0.1:80\"\n"),
              "tallyman.toml:1:1 unknown key \"listen\" outside of a section");
    EXPECT_EQ(mistake("edge = 5\n"), "tallyman.toml:1:8 \"edge\" must be a section: [edge]");
}

TEST(Config, WrongTypesAndBadValuesAreNamedWithLineAndColumn) {
    EXPECT_EQ(mistake("[edge]\n\nworkers = \"two\"\n"),
              "tallyman.toml:3:11 edge.workers must be a whole number, for example 0");
    EXPECT_EQ(mistake("[delivery]\nflush_interval = 15\n"),
              "tallyman.toml:2:18 delivery.flush_interval must be a string in quotes, for example \"15s\"");
    EXPECT_EQ(mistake("[edge]\nkey_headers = [\"a\", 1]\n"),
              "tallyman.toml:2:15 edge.key_headers must be a list of strings, for example [\"x-api-key\"]");
    for (const char* text :
         {"[delivery]\nflush_interval = \"15\"", "[delivery]\nflush_interval = \"soon\"",
          "[delivery]\nflush_interval = \"0s\"", "[delivery]\nflush_size = \"128MB\"",
          "[delivery]\nflush_size = \"1B\"", "[edge]\nlisten = \"localhost:80\"",
          "[edge]\nlisten = \"127.0.0.1\"", "[edge]\nlisten = \"127.0.0.1:99999\"",
          "[edge]\nupstream = \"ftp://x\"", "[edge]\nupstream = \"http://x; include /etc/passwd\"",
          "[edge]\nkey_headers = []", "[edge]\nkey_headers = [\"a b\"]", "[edge]\nworkers = -1",
          "[capture]\non_full = \"drop\"", "[lake]\nwarehouse = \"s3://b/p\"",
          "[state]\ndatabase = \"postgresql://x\"", "[edge]\nstage = \"a b;\"",
          "[edge]\nanonymous_paths = [\"x\"]"}) {
        const std::string said = mistake(text);
        EXPECT_EQ(said.rfind("tallyman.toml:2:", 0), 0U) << text << "\n" << said;
    }
}

TEST(Config, ReadsBehaviorsAndErrorPages) {
    const auto config = parse_config(R"(
[edge]
trusted_proxies = ["10.0.0.0/8", "::1"]
upstream_read_timeout = "2s"
body_size_max = "1MiB"
[[edge.behavior]]
path = "/static/*"
methods = ["GET", "HEAD"]
anonymous = true
cache = true
min_ttl = "0s"
default_ttl = "1s"
max_ttl = "8760h"
key_headers = ["Authorization", "x-api-key", "foo"]
key_query = ["page"]
[[edge.behavior]]
path = "*"
key_query = "none"
durable = true
[[edge.error_page]]
status = 403
path = "/error.html"
ttl = "300s"
[capture]
on_full = "serve"
)",
                                     "tallyman.toml");
    ASSERT_TRUE(config.ok()) << config.error().message;
    edge::EdgeConfig edge;
    config->edge.traffic.put_into(edge);
    ASSERT_EQ(edge.behaviors.size(), 2U);
    EXPECT_EQ(edge.behaviors[0].path, "/static/*");
    EXPECT_EQ(edge.behaviors[0].default_ttl, std::chrono::seconds(1));
    EXPECT_EQ(edge.behaviors[0].cache_key_query, edge::KeyQuery::kNamed);
    EXPECT_EQ(edge.behaviors[0].anonymous, true);
    EXPECT_EQ(edge.behaviors[1].cache_key_query, edge::KeyQuery::kNone);
    EXPECT_EQ(edge.behaviors[1].anonymous, std::nullopt);
    EXPECT_TRUE(edge.behaviors[1].durable);
    ASSERT_EQ(edge.error_pages.size(), 1U);
    EXPECT_EQ(edge.error_pages[0], (edge::ErrorPage{403, "/error.html", std::chrono::seconds(300)}));
    EXPECT_EQ(edge.upstream_read_timeout, std::chrono::seconds(2));
    EXPECT_EQ(edge.body_size_max, "1048576");
    EXPECT_EQ(edge.trusted_proxies.size(), 2U);
}

TEST(Config, MistakesInListsHaveTheirPlaceToo) {
    EXPECT_EQ(
        mistake("[[edge.behavior]]\npath = \"/a\"\ndefalt_ttl = \"1s\"\n"),
        "tallyman.toml:3:1 unknown key \"defalt_ttl\" in [edge.behavior]; did you mean \"default_ttl\"?");
    EXPECT_EQ(mistake("[[edge.behaviour]]\npath = \"/a\"\n"),
              "tallyman.toml:1:8 unknown key \"behaviour\" in [edge]; did you mean \"behavior\"?");
    EXPECT_EQ(mistake("[edge.behavior]\npath = \"/a\"\n").substr(0, 17), "tallyman.toml:1:1");
    for (const char* text : {"path = \"a b\"", "methods = \"GET\"", "min_ttl = \"1ms\"",
                             "key_query = \"some\"", "key_query = 5"}) {
        const std::string said = mistake("[[edge.behavior]]\n" + std::string(text) + "\n");
        EXPECT_EQ(said.rfind("tallyman.toml:2:", 0), 0U) << said;
    }
    for (const char* text : {"cache = true", "path = \"/a\"\nmin_ttl = \"9h\"\nmax_ttl = \"1h\""}) {
        const std::string said = mistake("[[edge.behavior]]\n" + std::string(text) + "\n");
        EXPECT_EQ(said.rfind("tallyman.toml:1:", 0), 0U) << said;
    }
    EXPECT_NE(mistake("[[edge.error_page]]\nstatus = 404\n"), "none");
    EXPECT_NE(mistake("[edge]\ntrusted_proxies = [\"10.0.0.0/33\"]\n"), "none");
    EXPECT_NE(mistake("[[edge.behavior]]\npath=\"/a\"\n[[edge.behavior]]\npath=\"/a\"\n"), "none");
}

TEST(Config, TheApiListensOnLoopbackOnly) {
    EXPECT_NE(mistake("[api]\nlisten = \"0.0.0.0:8090\"\n").find("loopback"), std::string::npos);
    EXPECT_EQ(mistake("[api]\nlisten = \"[::1]:8090\"\n"), "none");
    EXPECT_EQ(mistake("[edge]\nlisten = \"0.0.0.0:8080\"\n"), "none");
}

TEST(Config, WhatIsNotTomlIsSaidWithItsPlace) {
    EXPECT_EQ(mistake("[edge]\nlisten = \n").rfind("tallyman.toml:", 0), 0U);
    EXPECT_EQ(mistake("[edge\n").rfind("tallyman.toml:1:", 0), 0U);
    EXPECT_NE(mistake("[edge]\nstage = \"a\"\nstage = \"b\"\n"), "none");
}

TEST(Duration, UnitsAndLimits) {
    EXPECT_EQ(*parse_duration("250ms"), std::chrono::milliseconds(250));
    EXPECT_EQ(*parse_duration("15s"), std::chrono::seconds(15));
    EXPECT_EQ(*parse_duration("5m"), std::chrono::minutes(5));
    EXPECT_EQ(*parse_duration("1h"), std::chrono::hours(1));
    for (const char* text :
         {"", "s", "15", "-1s", "1.5s", "1 s", "1d", "99999999999999999999s", "1000000000s"})
        EXPECT_FALSE(parse_duration(text).ok()) << text;
}

TEST(Size, UnitsAndLimits) {
    EXPECT_EQ(*parse_size("512B"), 512U);
    EXPECT_EQ(*parse_size("64KiB"), 65536U);
    EXPECT_EQ(*parse_size("128MiB"), 128U << 20U);
    EXPECT_EQ(*parse_size("4GiB"), 4ULL << 30U);
    EXPECT_EQ(*parse_size("1TiB"), 1ULL << 40U);
    for (const char* text : {"", "MiB", "128", "128MB", "128mib", "-1B", "1e3B", "999999999TiB"})
        EXPECT_FALSE(parse_size(text).ok()) << text;
}

TEST(NearestName, OnlyWhereOneIsNear) {
    using Names = std::vector<std::string>;
    EXPECT_EQ(nearest_name("flush", Names{"flush_size", "sync"}), "");
    EXPECT_EQ(nearest_name("lisen", Names{"listen", "stage"}), "listen");
    EXPECT_EQ(nearest_name("xyzzy", Names{"listen", "stage"}), "");
}

}  // namespace
}  // namespace tally::app
