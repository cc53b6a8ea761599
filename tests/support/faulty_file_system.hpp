#pragma once

#include "base/file_system.hpp"
#include "lake/catalog.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tally::test {

// What goes wrong, and when: one plan is shared by everything that a test lets fail, so that "the Nth
// operation" is counted over all of them. Reading is not counted; it cannot lose anything.
class FaultPlan {
  public:
    enum class Kind {
        kFailOnce,  // the Nth operation fails and does nothing, all others work
        kKill,      // the process dies in the Nth operation: that one is done in part, later ones not at all
        kDiskFull,  // from the Nth operation on nothing can be made or written, until heal()
    };

    FaultPlan(Kind kind, std::uint64_t at) : kind_(kind), at_(at) {}

    FaultPlan() = default;  // nothing goes wrong

    // Counts one operation; the error when it must fail.
    Status operation(bool needs_room = true) {
        const std::uint64_t number = ++count_;
        if (at_ == 0 || number < at_)
            return {};
        if (number == at_ && kind_ != Kind::kDiskFull) {
            fired_ = true;
            return Error{ErrorCode::kIo, "injected failure of operation " + std::to_string(number)};
        }
        if (kind_ == Kind::kKill)
            return Error{ErrorCode::kIo, "the process is dead"};
        if (kind_ == Kind::kDiskFull && needs_room) {
            fired_ = true;
            return Error{ErrorCode::kResourceExhausted, "injected: no space left on device"};
        }
        return {};
    }

    void heal() { at_ = 0; }

    [[nodiscard]] bool is_dead() const { return kind_ == Kind::kKill && fired_; }

    [[nodiscard]] bool fired() const { return fired_; }

    [[nodiscard]] std::uint64_t count() const { return count_; }

  private:
    Kind kind_ = Kind::kFailOnce;
    std::uint64_t at_ = 0;  // 1 = the first; 0 = never
    std::atomic<std::uint64_t> count_{0};
    bool fired_ = false;
};

// The machine's disk with a plan of faults. A file that is being written when the process is killed keeps
// half of what was appended last. One thread.
class FaultyFileSystem final : public FileSystem {
  public:
    explicit FaultyFileSystem(FaultPlan& plan) : plan_(plan) {}

    Result<std::unique_ptr<WritableFile>> create(const Path& path) override {
        TRY(plan_.operation());
        TRY_ASSIGN(auto file, disk_.create(path));
        return std::unique_ptr<WritableFile>(std::make_unique<File>(plan_, std::move(file)));
    }

    Result<std::string> read(const Path& path) override { return disk_.read(path); }

    Result<std::uint64_t> size(const Path& path) override { return disk_.size(path); }

    Result<bool> exists(const Path& path) override { return disk_.exists(path); }

    Result<std::vector<std::string>> list(const Path& folder) override { return disk_.list(folder); }

    Status make_folders(const Path& folder) override {
        TRY(plan_.operation());
        return disk_.make_folders(folder);
    }

    Status remove(const Path& path) override {
        TRY(plan_.operation(false));
        return disk_.remove(path);
    }

    Status rename(const Path& from, const Path& to) override {
        TRY(plan_.operation(false));
        return disk_.rename(from, to);
    }

    Status sync_folder(const Path& folder) override {
        TRY(plan_.operation(false));
        TRY_ASSIGN(const bool exists, disk_.exists(folder));
        return exists ? Status{} : Error{ErrorCode::kNotFound, "no folder " + folder.string()};
    }

  private:
    class File final : public WritableFile {
      public:
        File(FaultPlan& plan, std::unique_ptr<WritableFile> file) : plan_(plan), file_(std::move(file)) {}

        Status append(std::span<const std::byte> bytes) override {
            const bool was_dead = plan_.is_dead();
            const Status allowed = plan_.operation();
            if (allowed.ok())
                return file_->append(bytes);
            if (plan_.is_dead() && !was_dead)
                static_cast<void>(file_->append(bytes.first(bytes.size() / 2)).ok());
            return allowed;
        }

        Status sync() override { return plan_.operation(); }

        Status close() override {
            TRY(plan_.operation(false));
            return file_->close();
        }

      private:
        FaultPlan& plan_;
        std::unique_ptr<WritableFile> file_;
    };

    FaultPlan& plan_;
    PosixFileSystem disk_;
};

// A catalog with the same plan. A swap is two operations: dying in the first leaves the pointer where it was,
// dying in the second moves it and loses the answer.
class FaultyPointerStore final : public lake::TablePointerStore {
  public:
    FaultyPointerStore(FaultPlan& plan, lake::TablePointerStore& pointers)
        : plan_(plan), pointers_(pointers) {}

    Result<std::optional<std::string>> current(std::string_view table) override {
        if (plan_.is_dead())
            return Error{ErrorCode::kUnavailable, "the process is dead"};
        return pointers_.current(table);
    }

    Status swap(std::string_view table, const std::optional<std::string>& expected,
                std::string_view next) override {
        TRY(plan_.operation());
        TRY(pointers_.swap(table, expected, next));
        if (!plan_.operation(false).ok())
            return Error{ErrorCode::kUnknownOutcome, "injected: the answer to the swap was lost"};
        return {};
    }

    Result<std::vector<std::string>> tables() override { return pointers_.tables(); }

  private:
    FaultPlan& plan_;
    lake::TablePointerStore& pointers_;
};

}  // namespace tally::test
