#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "lake/catalog.hpp"
#include "lake/table_metadata.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace tally::lake {

// A metadata file as read. Immutable, like the file.
struct LoadedMetadata {
    std::string location;
    std::string file_json;
    TableMetadata table;
};

// The current metadata of one table. Keeps the file that it read last, so that asking again costs one look at
// the pointer. Thread-safe.
class MetadataCache {
  public:
    // `files` and `pointers` must outlive it. `name` is "namespace.table".
    MetadataCache(FileSystem& files, TablePointerStore& pointers, std::string name)
        : files_(files), pointers_(pointers), name_(std::move(name)) {}

    // kNotFound when the table does not exist. The result is shared with later callers.
    Result<std::shared_ptr<const LoadedMetadata>> current();

    [[nodiscard]] const std::string& name() const { return name_; }

  private:
    FileSystem& files_;
    TablePointerStore& pointers_;
    const std::string name_;
    std::mutex mutex_;
    std::shared_ptr<const LoadedMetadata> last_;  // guarded by mutex_
};

}  // namespace tally::lake
