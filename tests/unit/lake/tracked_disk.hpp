#pragma once

#include "base/file_system.hpp"

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tally::lake::test {

// The machine's disk, without the waiting: sync() only notes what a power loss could no longer take. So a
// test can ask at any moment what would be lost, and thousands of commits take a second. Thread-safe.
class TrackedDisk final : public FileSystem {
  public:
    // Files with bytes, and folders with names, that a power loss would take now.
    [[nodiscard]] std::set<std::string> at_risk() const {
        const std::lock_guard lock(mutex_);
        return at_risk_;
    }

    Result<std::unique_ptr<WritableFile>> create(const Path& path) override {
        TRY_ASSIGN(auto file, disk_.create(path));
        note(path);
        note(path.parent_path());
        return std::unique_ptr<WritableFile>(std::make_unique<File>(*this, path, std::move(file)));
    }

    Result<std::string> read(const Path& path) override { return disk_.read(path); }

    Result<std::uint64_t> size(const Path& path) override { return disk_.size(path); }

    Result<bool> exists(const Path& path) override { return disk_.exists(path); }

    Result<std::vector<std::string>> list(const Path& folder) override { return disk_.list(folder); }

    Status make_folders(const Path& folder) override {
        for (Path level = folder; level.has_relative_path() && !std::filesystem::exists(level);
             level = level.parent_path())
            note(level.parent_path());
        return disk_.make_folders(folder);
    }

    Status remove(const Path& path) override {
        settle(path);
        return disk_.remove(path);
    }

    Status rename(const Path& from, const Path& to) override {
        note(to.parent_path());
        return disk_.rename(from, to);
    }

    Status sync_folder(const Path& folder) override {
        settle(folder);
        return {};
    }

  private:
    class File final : public WritableFile {
      public:
        File(TrackedDisk& disk, Path path, std::unique_ptr<WritableFile> file)
            : disk_(disk), path_(std::move(path)), file_(std::move(file)) {}

        Status append(std::span<const std::byte> bytes) override {
            disk_.note(path_);
            return file_->append(bytes);
        }

        Status sync() override {
            disk_.settle(path_);
            return {};
        }

        Status close() override { return file_->close(); }

      private:
        TrackedDisk& disk_;
        Path path_;
        std::unique_ptr<WritableFile> file_;
    };

    void note(const Path& path) {
        const std::lock_guard lock(mutex_);
        at_risk_.insert(path.string());
    }

    void settle(const Path& path) {
        const std::lock_guard lock(mutex_);
        at_risk_.erase(path.string());
    }

    PosixFileSystem disk_;
    mutable std::mutex mutex_;
    std::set<std::string> at_risk_;
};

}  // namespace tally::lake::test
