#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tally::lake {

// "file:///a/b" of the absolute path /a/b. Locations are not percent-encoded: Iceberg's readers take them
// letter by letter. kInvalidArgument for a path that is not absolute or holds one of # ? %, which readers
// understand in different ways.
Result<std::string> location_of(const Path& path);

// The path of file:///a/b, file:/a/b (as Java writes it) or /a/b. kUnsupported for other schemes.
Result<Path> path_of(std::string_view location);

// `folder` and all folders above it up to `root` (which is below the first or equal to it) exist, and their
// names survive a power loss, when this returns.
Status make_durable_folders(FileSystem& files, const Path& root, const Path& folder);

// Removes files that no snapshot names. One that cannot be removed stays: it costs space, not truth.
void remove_unreferenced(FileSystem& files, std::vector<std::string>& locations);

}  // namespace tally::lake
