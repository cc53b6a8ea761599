#include "query/query_engine.hpp"

#include "query/internal/session.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include <fmt/format.h>

namespace tally::query {
namespace {

constexpr std::string_view kDuckdbVersion = "v1.5.5";

// Queries at one time; each may use its memory limit and two threads.
constexpr int kQueriesMax = 4;

// What the rest of the process may grow by while queries run, before one of them is blamed for it.
constexpr std::uint64_t kGrowthOfOthers = 512ULL * 1024 * 1024;

// A result too large for the process's memory is the likely one to end here.
template <class Run>
auto without_exceptions(Run run) -> decltype(run()) {
    try {
        return run();
    } catch (const std::exception& error) {
        return Error{ErrorCode::kResourceExhausted, std::string("the query failed: ") + error.what()};
    }
}

}  // namespace

struct QueryEngine::Impl {
    const capture::CaptureLog& log;
    const lake::Table& table;
    Path temp_folder;
    Geography* geography;  // nullptr = callers' places are unknown

    std::mutex mutex;
    std::condition_variable slot_free;
    int running = 0;                 // guarded by mutex
    std::uint64_t memory_given = 0;  // to running queries, by their limits; guarded by mutex

    Impl(const capture::CaptureLog& the_log, const lake::Table& the_table, Path folder, Geography* places)
        : log(the_log), table(the_table), temp_folder(std::move(folder)), geography(places) {}

    [[nodiscard]] Result<LoadedCut> load(const Cut& wanted) const {
        TRY_ASSIGN(LoadedCut cut, load_cut(log, table, wanted));
        for (capture::Scan& scan : cut.tail)
            if (geography != nullptr)
                geography->locate(scan.records);
        return cut;
    }

    // One of the places that queries run in; given back when it goes.
    class Slot {
      public:
        Slot(Impl& impl, std::uint64_t memory) : impl_(&impl), memory_(memory) {}

        Slot(Slot&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)), memory_(other.memory_) {}

        Slot& operator=(Slot&&) = delete;

        ~Slot() {
            if (impl_ == nullptr)
                return;
            const std::lock_guard lock(impl_->mutex);
            --impl_->running;
            impl_->memory_given -= memory_;
            impl_->slot_free.notify_one();
        }

      private:
        Impl* impl_;
        std::uint64_t memory_;
    };

    Result<Slot> take_slot(const QueryLimits& limits) {
        std::unique_lock lock(mutex);
        if (!slot_free.wait_for(lock, limits.time, [this] { return running < kQueriesMax; }))
            return Error{ErrorCode::kResourceExhausted,
                         fmt::format("{} queries were running for {} ms; try again later", kQueriesMax,
                                     limits.time.count())};
        ++running;
        memory_given += limits.memory_bytes;
        return Slot(*this, limits.memory_bytes);
    }

    Result<Session> open_session(const QueryLimits& limits) {
        std::uint64_t given = 0;
        {
            const std::lock_guard lock(mutex);
            given = memory_given;
        }
        return Session::open(temp_folder, limits, resident_bytes() + given + kGrowthOfOthers);
    }

    Result<QueryResult> user_sql(std::string_view sql, const Cut& wanted, const QueryLimits& limits) {
        TRY_ASSIGN(const SqlText text, split_explain(sql));
        TRY_ASSIGN(const Slot slot, take_slot(limits));
        LoadedCut cut;  // outlives the session
        TRY_ASSIGN(Session session, open_session(limits));
        TRY_ASSIGN(const std::string tree, session.syntax_tree(text.select));
        TRY_ASSIGN(const ViewsUsed used, check_statement(tree));
        TRY_ASSIGN(cut, load(wanted));
        TRY(session.prepare_views(cut, used, text.select));
        return session.run(text.prefix + text.select, {}, false);
    }

    Result<QueryResult> our_sql(std::string_view sql, const std::vector<Cell>& parameters, const Cut& wanted,
                                const QueryLimits& limits) {
        TRY_ASSIGN(const Slot slot, take_slot(limits));
        LoadedCut cut;
        TRY_ASSIGN(Session session, open_session(limits));
        TRY_ASSIGN(cut, load(wanted));
        TRY(session.prepare_views(cut, {}, sql));
        return session.run(std::string(sql), parameters, true);
    }

    Status condition(std::string_view condition) {
        if (condition.size() > kSqlSizeMax || condition.find('\0') != std::string_view::npos)
            return Error{ErrorCode::kInvalidArgument,
                         fmt::format("a condition has at most {} bytes and no zero byte", kSqlSizeMax)};
        const QueryLimits limits;
        TRY_ASSIGN(const Slot slot, take_slot(limits));
        const LoadedCut empty;  // outlives the session
        TRY_ASSIGN(Session session, open_session(limits));
        TRY_ASSIGN(const std::string tree, session.syntax_tree(around_condition(condition)));
        TRY_ASSIGN(const std::string plain, session.syntax_tree(around_condition("TRUE")));
        TRY(check_condition_tree(tree, plain));
        TRY(session.prepare_views(empty, {}, condition));
        const std::string as_value = fmt::format("SELECT (\n{}\n) FROM requests", condition);
        TRY_ASSIGN(const QueryResult result, session.run(as_value, {}, false));
        if (result.columns.size() != 1 || result.columns[0].type != "BOOLEAN")
            return Error{ErrorCode::kInvalidArgument, "the condition is of type " +
                                                          result.columns.at(0).type +
                                                          ", not true or false: " + std::string(condition)};
        return {};
    }
};

QueryEngine::QueryEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

QueryEngine::~QueryEngine() = default;

Result<std::unique_ptr<QueryEngine>> QueryEngine::open(const capture::CaptureLog& log,
                                                       const lake::Table& table, Path temp_folder,
                                                       Geography* geography) {
    const std::string_view found = duckdb_library_version();
    if (found != kDuckdbVersion)
        return Error{ErrorCode::kUnsupported,
                     fmt::format("libduckdb is {}, Tallyman was built and tested with {}; "
                                 "run tools/setup/setup.sh",
                                 found, kDuckdbVersion)};
    return std::make_unique<QueryEngine>(
        std::make_unique<Impl>(log, table, std::move(temp_folder), geography));
}

Result<QueryResult> QueryEngine::run_user_sql(std::string_view sql, const Cut& cut,
                                              const QueryLimits& limits) {
    return without_exceptions([&] { return impl_->user_sql(sql, cut, limits); });
}

Result<QueryResult> QueryEngine::run(std::string_view sql, const std::vector<Cell>& parameters,
                                     const Cut& cut, const QueryLimits& limits) {
    return without_exceptions([&] { return impl_->our_sql(sql, parameters, cut, limits); });
}

Status QueryEngine::check_condition(std::string_view condition) {
    return without_exceptions([&] { return impl_->condition(condition); });
}

}  // namespace tally::query
