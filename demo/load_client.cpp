// Sends a known mix of requests and keeps its own ledger of what was answered.
//
//   load-client --port P --callers FILE [--requests N | --seconds S] [--connections C] [--run NAME] [--ledger
//   FILE]
//
// A ledger line a request: "answered ID LABEL METHOD PATH STATUS BYTES" once the whole response was received,
// or "unknown ID" when the connection broke before. The last line on stdout is a JSON summary.
#include "demo/load_connection.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>

namespace tally::demo {
namespace {

using Clock = std::chrono::steady_clock;

// SIGTERM ends a run in order: nothing more is sent, what is on its way is waited for and noted.
volatile std::sig_atomic_t told_to_stop = 0;

struct Options {
    std::uint16_t port = 8080;
    std::string callers_file;
    std::uint64_t requests = 0;  // 0 = by time
    double seconds = 0;
    std::size_t connections = 16;
    std::string run = "run";
    std::string ledger_file;
};

struct Totals {
    std::uint64_t sent = 0;
    std::uint64_t answered = 0;
    std::uint64_t unknown = 0;
    std::map<int, std::uint64_t> statuses;
};

class LoadRun {
  public:
    explicit LoadRun(const Options& options)
        : options_(options), callers_(read_callers(options.callers_file)), ledger_(options.ledger_file) {}

    [[nodiscard]] bool ready() const { return !callers_.empty(); }

    Totals run() {
        sockaddr_in server{};
        server.sin_family = AF_INET;
        server.sin_port = htons(options_.port);
        server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        std::vector<LoadConnection> connections;
        for (std::size_t i = 0; i < options_.connections; ++i)
            connections.emplace_back(server);
        deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                       std::chrono::duration<double>(options_.seconds));
        for (auto& connection : connections)
            send_next(connection);
        while (wait_and_receive(connections)) {
        }
        return totals_;
    }

  private:
    [[nodiscard]] bool may_send() const {
        if (told_to_stop != 0)
            return false;
        return options_.requests > 0 ? totals_.sent < options_.requests : Clock::now() < deadline_;
    }

    void send_next(LoadConnection& connection) {
        while (may_send()) {
            const auto outcome = connection.send(plan_request(callers_, options_.run, totals_.sent++));
            if (outcome == LoadConnection::Outcome::kWaiting)
                return;
            note_unknown(connection);
            // The server is away for a moment; asking again at once would only spin.
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        connection.disconnect();
    }

    bool wait_and_receive(std::vector<LoadConnection>& connections) {
        std::vector<pollfd> waiting;
        std::vector<LoadConnection*> owners;
        for (auto& connection : connections) {
            if (connection.descriptor() < 0)
                continue;
            waiting.push_back({connection.descriptor(), POLLIN, 0});
            owners.push_back(&connection);
        }
        if (waiting.empty())
            return false;
        ::poll(waiting.data(), waiting.size(), 1000);
        for (std::size_t i = 0; i < waiting.size(); ++i)
            if (waiting[i].revents != 0)
                receive(*owners[i]);
        return true;
    }

    void receive(LoadConnection& connection) {
        switch (connection.receive()) {
            case LoadConnection::Outcome::kWaiting: return;
            case LoadConnection::Outcome::kAnswered: note_answered(connection); break;
            case LoadConnection::Outcome::kLost: note_unknown(connection); break;
        }
        send_next(connection);
    }

    void note_answered(LoadConnection& connection) {
        const PlannedRequest& request = connection.request();
        ++totals_.answered;
        ++totals_.statuses[connection.status()];
        if (ledger_.is_open())
            ledger_ << fmt::format("answered {} {} {} {} {} {}\n", request.id, request.caller, request.method,
                                   request.path, connection.status(), connection.wire_size());
        connection.finish();
    }

    void note_unknown(const LoadConnection& connection) {
        ++totals_.unknown;
        if (ledger_.is_open())
            ledger_ << fmt::format("unknown {}\n", connection.request().id);
    }

    Options options_;
    std::vector<Caller> callers_;
    std::ofstream ledger_;
    Totals totals_;
    Clock::time_point deadline_;
};

bool parse(int argc, char** argv, Options& options) {
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const char* value = argv[i + 1];
        if (name == "--port")
            options.port = static_cast<std::uint16_t>(std::atoi(value));
        else if (name == "--callers")
            options.callers_file = value;
        else if (name == "--requests")
            options.requests = std::strtoull(value, nullptr, 10);
        else if (name == "--seconds")
            options.seconds = std::atof(value);
        else if (name == "--connections")
            options.connections = std::strtoull(value, nullptr, 10);
        else if (name == "--run")
            options.run = value;
        else if (name == "--ledger")
            options.ledger_file = value;
        else
            return false;
    }
    return argc % 2 == 1 && !options.callers_file.empty() && (options.requests > 0 || options.seconds > 0);
}

}  // namespace
}  // namespace tally::demo

int main(int argc, char** argv) {
    using namespace tally::demo;
    Options options;
    if (!parse(argc, argv, options)) {
        std::fprintf(
            stderr,
            "usage: load-client --port P --callers FILE (--requests N | --seconds S) [--connections C] "
            "[--run NAME] [--ledger FILE]\n");
        return 2;
    }
    LoadRun load(options);
    if (!load.ready()) {
        std::fprintf(stderr, "load-client: no \"LABEL KEY\" lines in %s\n", options.callers_file.c_str());
        return 1;
    }
    std::signal(SIGTERM, [](int) { told_to_stop = 1; });
    const auto start = Clock::now();
    const Totals totals = load.run();
    std::string statuses;
    for (const auto& [status, count] : totals.statuses)
        statuses += fmt::format("{}\"{}\":{}", statuses.empty() ? "" : ",", status, count);
    fmt::print("{{\"sent\":{},\"answered\":{},\"unknown\":{},\"seconds\":{:.3f},\"statuses\":{{{}}}}}\n",
               totals.sent, totals.answered, totals.unknown,
               std::chrono::duration<double>(Clock::now() - start).count(), statuses);
    return 0;
}
