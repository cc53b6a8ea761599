#include "lake/location.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>

namespace tally::lake {

Result<std::string> location_of(const Path& path) {
    std::string text = path.lexically_normal().string();
    while (text.size() > 1 && text.ends_with('/'))
        text.pop_back();
    if (!path.is_absolute())
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("the lake's folder must be an absolute path, not '{}'", text)};
    if (text.find_first_of("#?%") != std::string::npos)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("the lake's folder '{}' contains '#', '?' or '%', which readers of Iceberg "
                                 "tables understand in different ways; choose another folder",
                                 text)};
    return "file://" + text;
}

Result<Path> path_of(std::string_view location) {
    std::string_view path = location;
    if (path.starts_with("file://"))
        path.remove_prefix(7);
    else if (path.starts_with("file:"))
        path.remove_prefix(5);
    if (!path.starts_with('/'))
        return Error{
            ErrorCode::kUnsupported,
            fmt::format("'{}' is not on this machine's disk; only file:/// locations can be read here",
                        location)};
    return Path(path);
}

Status make_durable_folders(FileSystem& files, const Path& root, const Path& folder) {
    TRY(files.make_folders(folder));
    // Every level is synced even when it was there before: an earlier call may have failed between making a
    // folder and syncing the one above it.
    Path level = folder;
    while (true) {
        TRY(files.sync_folder(level));
        if (level == root)
            return {};
        TALLY_ASSERT(level.has_relative_path(), "root is not above folder");
        level = level.parent_path();
    }
}

void remove_unreferenced(FileSystem& files, std::vector<std::string>& locations) {
    for (const std::string& location : locations)
        if (const auto path = path_of(location); path.ok())
            if (const Status removed = files.remove(*path); !removed.ok())
                continue;
    locations.clear();
}

}  // namespace tally::lake
