#include "lake/metadata_cache.hpp"

#include "lake/location.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

namespace tally::lake {

Result<std::shared_ptr<const LoadedMetadata>> MetadataCache::current() {
    TRY_ASSIGN(const std::optional<std::string> location, pointers_.current(name_));
    if (!location.has_value())
        return Error{ErrorCode::kNotFound, fmt::format("there is no table {} in the lake", name_)};
    {
        const std::lock_guard lock(mutex_);
        if (last_ != nullptr && last_->location == *location)
            return last_;
    }
    TRY_ASSIGN(const Path path, path_of(*location));
    auto loaded = std::make_shared<LoadedMetadata>();
    loaded->location = *location;
    TRY_ASSIGN(loaded->file_json, files_.read(path));
    auto parsed = parse_table_metadata(loaded->file_json);
    if (!parsed.ok())
        return std::move(parsed).error().within(fmt::format("reading {}", path.string()));
    loaded->table = std::move(*parsed);
    const std::lock_guard lock(mutex_);
    last_ = loaded;
    return std::shared_ptr<const LoadedMetadata>(std::move(loaded));
}

}  // namespace tally::lake
