// Some hundred requests of every kind, one after the other, through one nginx: also run under valgrind.
#include "edge_site.hpp"

#include <csignal>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally::test {
namespace {

// nginx as one process, which valgrind can stand around: NginxProcess would not know it by its command line.
class MixedTraffic : public EdgeSite {
  protected:
    ~MixedTraffic() override {
        // nginx sees a signal that comes just before it waits for events only after the next event.
        while (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0) {
            ::kill(pid_, SIGTERM);
            std::this_thread::sleep_for(std::chrono::milliseconds(50));  // poll
        }
    }

    void start_one_process() {
        const Path path = edge::nginx_config_path(config_);
        auto text = edge::nginx_config_text(config_, ::geteuid() == 0);
        ASSERT_TRUE(text.ok()) << text.error().message;
        text->replace(text->find("daemon on;"), 10, "daemon off; master_process off;");
        std::ofstream(path) << *text;
        std::vector<std::string> words = {edge::find_nginx()->string(),
                                          "-p",
                                          config_.folder.string() + "/",
                                          "-c",
                                          path.string(),
                                          "-e",
                                          edge::nginx_error_log_path(config_).string()};
        std::vector<char*> arguments;
        for (std::string& word : words)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        ASSERT_EQ(::posix_spawn(&pid_, arguments[0], nullptr, nullptr, arguments.data(), environ), 0);
        for (int i = 0; i < 12'000 && !nginx_->answers(); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll
        ASSERT_TRUE(nginx_->answers()) << error_log();
    }

    [[nodiscard]] static std::string request(int kind, int n) {
        const std::string key = fmt::format("x-api-key: {}\r\n", kKey);
        const auto ask = [n](std::string_view method, std::string_view target, std::string_view lines) {
            return fmt::format("{} {} HTTP/1.1\r\nHost: api.test\r\nX-N: {}\r\n{}\r\n", method, target, n,
                               lines);
        };
        switch (kind) {
            case 0: return ask("GET", fmt::format("/items/{}?page={}", n, n), key);
            case 1: return ask("GET", "/x", "");
            case 2: return ask("GET", "/x", fmt::format("x-api-key: {}\r\n", kUnknownKey));
            case 3: return ask("GET", "/x", fmt::format("Authorization: Bearer {}\r\n", kKey));
            case 4: return ask("GET", fmt::format("/x?a=b&api_key={}", kKey), key);
            case 5: return ask("POST", "/x", key + "Content-Length: 5\r\n") + "hello";
            case 6: return ask("GET", "/a/../b%20c//d?e#f", key + "A:b\r\nx_y: z\r\nC:  d \r\n");
            case 7: return ask("GET", "/x", key + fmt::format("X-Long: {}\r\n", std::string(3'000, 'l')));
            case 8: return ask("GET", "/status/500", key);
            case 9: return ask("GET", "/chunked", key + fmt::format("Referer: /?apikey={}\r\n", kUnknownKey));
            case 10: return "GET /x HTTP/1.0\r\n" + key + "\r\n";
            case 11: return "NONSENSE\r\n\r\n";
            case 12: return ask("GET", "/x", key + fmt::format("X-Long: {}\r\n", std::string(9'000, 'l')));
            default: return ask("GET", "/drop", key + many_headers());
        }
    }

    static std::string many_headers() {
        std::string lines;
        for (int n = 0; n < 70; ++n)
            lines += fmt::format("X-{}: v\r\n", n);
        return lines + fmt::format("x-api-key: {}\r\n", kUnknownKey);
    }

    static constexpr int kKinds = 14;
    pid_t pid_ = 0;
};

TEST_F(MixedTraffic, EveryRequestHasItsRecord) {
    ASSERT_NO_FATAL_FAILURE(start_one_process());
    constexpr int kRounds = 20;
    for (int round = 0; round < kRounds; ++round)
        for (int kind = 0; kind < kKinds; ++kind)
            EXPECT_NE(send_one(port(), request(kind, round)).status, 0) << kind;
    std::size_t refused = 0;
    std::size_t identified = 0;
    for (const RequestRecord& record : records(kRounds * kKinds)) {
        refused += record.status == 403 ? 1U : 0U;
        identified += record.api_key_id == "key_good" ? 1U : 0U;
    }
    EXPECT_EQ(refused, 2U * kRounds);
    EXPECT_EQ(identified, 11U * kRounds);
}

}  // namespace
}  // namespace tally::test
