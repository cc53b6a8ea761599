#include "edge/nginx_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::edge {
namespace {

using testing::HasSubstr;
using testing::Not;

EdgeConfig good_config() {
    EdgeConfig config;
    config.upstream = "http://127.0.0.1:9000";
    config.folder = "/data/edge";
    config.module = "/opt/ngx_http_tallyman_module.so";
    config.capture_folder = "/data/capture";
    config.key_table = "/data/edge/keys.table";
    config.counters = "/data/edge/edge.counters";
    return config;
}

std::string text_of(const EdgeConfig& config, bool as_root = false) {
    auto text = nginx_config_text(config, as_root);
    EXPECT_TRUE(text.ok()) << (text.ok() ? "" : text.error().message);
    return text.ok() ? *text : "";
}

Error error_of(const EdgeConfig& config) {
    auto text = nginx_config_text(config, false);
    EXPECT_FALSE(text.ok());
    return text.ok() ? Error{} : text.error();
}

TEST(NginxConfig, KeepsEverythingInTheFolder) {
    const std::string text = text_of(good_config());
    for (const char* line :
         {"daemon on;", "pid \"/data/edge/nginx.pid\";", "error_log \"/data/edge/error.log\" error;",
          "client_body_temp_path \"/data/edge/tmp/body\";", "proxy_temp_path \"/data/edge/tmp/proxy\";",
          "fastcgi_temp_path \"/data/edge/tmp/fastcgi\";", "uwsgi_temp_path \"/data/edge/tmp/uwsgi\";",
          "scgi_temp_path \"/data/edge/tmp/scgi\";", "lock_file \"/data/edge/nginx.lock\";",
          "load_module \"/opt/ngx_http_tallyman_module.so\";", "access_log off;",
          "tallyman_capture_dir \"/data/capture\";", "tallyman_key_table \"/data/edge/keys.table\";"})
        EXPECT_THAT(text, HasSubstr(line));
    EXPECT_THAT(text, Not(HasSubstr("/var/")));
}

TEST(NginxConfig, LimitsAreOptionalAndNeedBothFiles) {
    EdgeConfig config = good_config();
    EXPECT_THAT(text_of(config), Not(HasSubstr("tallyman_limits")));
    config.plan_table = "/data/edge/plans.table";
    EXPECT_THAT(error_of(config).message, HasSubstr("both"));
    config.limits = "limits";
    EXPECT_THAT(error_of(config).message, HasSubstr("absolute"));
    config.limits = "/data/edge/limits";
    const std::string text = text_of(config);
    EXPECT_THAT(text, HasSubstr("tallyman_plan_table \"/data/edge/plans.table\";"));
    EXPECT_THAT(text, HasSubstr("tallyman_limits \"/data/edge/limits\";"));
}

TEST(NginxConfig, FollowsTheSettings) {
    EdgeConfig config = good_config();
    config.listen = "0.0.0.0:8443";
    config.upstream = "https://api.example.com:443/";
    config.key_headers = {"x-api-key", "x-token"};
    config.on_full = OnFull::kServe;
    config.workers = 3;
    config.stage = "prod";
    config.anonymous_paths = {"/public/"};
    config.certificate = "/c.pem";
    config.certificate_key = "/k.pem";
    const std::string text = text_of(config);
    for (const char* line :
         {"listen 0.0.0.0:8443 ssl http2;", "ssl_protocols TLSv1.2 TLSv1.3;", "server api.example.com:443;",
          "proxy_pass https://tallyman_upstream;", "tallyman_key_header x-api-key x-token;",
          "tallyman_on_full serve;", "worker_processes 3;", "tallyman_stage \"prod\";",
          "location /public/ {\n            tallyman on;\n            tallyman_behavior \"/public/\";\n      "
          "      "
          "tallyman_anonymous on;"})
        EXPECT_THAT(text, HasSubstr(line));
}

TEST(NginxConfig, NamesAUserOnlyForRoot) {
    EXPECT_THAT(text_of(good_config(), true), HasSubstr("user root;"));
    EXPECT_THAT(text_of(good_config(), false), Not(HasSubstr("user ")));
}

TEST(NginxConfig, TalksPlainHttpWithoutACertificate) {
    const std::string text = text_of(good_config());
    EXPECT_THAT(text, HasSubstr("listen 127.0.0.1:8080;"));
    EXPECT_THAT(text, Not(HasSubstr("ssl_certificate")));
}

TEST(NginxConfig, RefusesWhatWouldChangeTheMeaningOfTheFile) {
    for (const char* hostile : {"http://a:1;}", "http://a:1\n", "http://$host", "http://a:1\"", "ftp://a",
                                "a:1", "http://", "http://a:1/path", "http://user@a:1", ""}) {
        EdgeConfig config = good_config();
        config.upstream = hostile;
        EXPECT_EQ(error_of(config).code, ErrorCode::kInvalidArgument) << hostile;
        EXPECT_THAT(error_of(config).message, HasSubstr("upstream"));
    }
    EdgeConfig config = good_config();
    config.stage = "a\"; return 200; #";
    EXPECT_THAT(error_of(config).message, HasSubstr("stage"));
    config = good_config();
    config.key_headers = {"x api"};
    EXPECT_THAT(error_of(config).message, HasSubstr("key_headers"));
    config.key_headers = {};
    EXPECT_THAT(error_of(config).message, HasSubstr("key_headers"));
    config = good_config();
    config.anonymous_paths = {"/"};
    EXPECT_THAT(error_of(config).message, HasSubstr("anonymous_paths"));
    config = good_config();
    config.certificate = "/c.pem";
    EXPECT_THAT(error_of(config).message, HasSubstr("certificate_key"));
    config = good_config();
    config.key_table = "keys.table";
    EXPECT_THAT(error_of(config).message, HasSubstr("absolute"));
}

TEST(ParseListen, UnderstandsNginxsForms) {
    const auto plain = parse_listen("127.0.0.1:8080");
    ASSERT_TRUE(plain.ok());
    EXPECT_EQ(plain->host, "127.0.0.1");
    EXPECT_EQ(plain->port, 8080);
    EXPECT_EQ(parse_listen("8080")->host, "127.0.0.1");
    EXPECT_EQ(parse_listen("*:80")->host, "127.0.0.1");
    EXPECT_EQ(parse_listen("0.0.0.0:80")->host, "127.0.0.1");
    EXPECT_EQ(parse_listen("[::]:80")->host, "::1");
    EXPECT_EQ(parse_listen("[::1]:80")->host, "::1");
    EXPECT_EQ(parse_listen("localhost:80")->host, "localhost");
}

TEST(ParseListen, RefusesTheRestWithAnExample) {
    for (const char* text : {"", ":", "127.0.0.1", "127.0.0.1:", ":8080", "127.0.0.1:99999", "127.0.0.1:0",
                             "127.0.0.1:80x", "::1:80", "a b:80", "a;b:80", "unix:/tmp/x"}) {
        const auto address = parse_listen(text);
        ASSERT_FALSE(address.ok()) << text;
        EXPECT_THAT(address.error().message, HasSubstr("\"127.0.0.1:8080\""));
    }
}

}  // namespace
}  // namespace tally::edge
