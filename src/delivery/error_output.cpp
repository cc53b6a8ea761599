#include "delivery/error_output.hpp"

#include "base/json_value.hpp"
#include "base/json_writer.hpp"
#include "base/siphash.hpp"
#include "base/time_text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace tally::delivery {
namespace {

constexpr std::string_view kFilePrefix = "after-";
constexpr std::string_view kFileSuffix = ".jsonl";
constexpr std::string_view kNoBase = "start";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// RFC 4648 section 4, with padding.
std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::string_view group = bytes.substr(at, 3);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i)
            text += i <= group.size() ? kBase64[bits >> (18 - 6 * i) & 63U] : '=';
    }
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;  // of the bits not yet written out
    for (const char c : text.substr(0, text.find('='))) {
        const std::size_t digit = kBase64.find(c);
        if (digit == std::string_view::npos)
            return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 0xFFU);
    }
    return bytes;
}

bool is_error_file(std::string_view name) {
    return name.starts_with(kFilePrefix) && name.ends_with(kFileSuffix);
}

// Names of the day folders, newest first.
Result<std::vector<std::string>> day_folders(FileSystem& files, const Path& errors_folder) {
    auto names = files.list(errors_folder);
    if (!names.ok() && names.error().code == ErrorCode::kNotFound)
        return std::vector<std::string>{};
    if (!names.ok())
        return names;
    std::erase_if(*names, [](const std::string& name) { return !parse_date(name).ok(); });
    std::reverse(names->begin(), names->end());
    return names;
}

// Lines of a file that cannot be read are an error: the output is complete or it says that it is not.
Status read_file(FileSystem& files, const Path& path, std::vector<ErrorRecord>& out) {
    TRY_ASSIGN(const std::string content, files.read(path));
    std::string_view rest = content;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        auto error = error_from_json(rest.substr(0, end));
        if (!error.ok())
            return error.error().within("reading " + path.string());
        out.push_back(std::move(*error));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {};
}

// All errors of one day, newest first.
Result<std::vector<ErrorRecord>> read_day(FileSystem& files, const Path& folder) {
    TRY_ASSIGN(const auto names, files.list(folder));
    std::vector<ErrorRecord> errors;
    for (const std::string& name : names)
        if (is_error_file(name))
            TRY(read_file(files, folder / name, errors));
    std::stable_sort(errors.begin(), errors.end(),
                     [](const ErrorRecord& a, const ErrorRecord& b) { return a.at > b.at; });
    return errors;
}

// Where an earlier try of the same batch wrote; else where today's goes.
Result<Path> file_of(FileSystem& files, const Path& errors_folder, std::string_view base, Instant now) {
    const std::string name = fmt::format("{}{}{}", kFilePrefix, base.empty() ? kNoBase : base, kFileSuffix);
    TRY_ASSIGN(const auto days, day_folders(files, errors_folder));
    for (const std::string& day : days) {
        TRY_ASSIGN(const bool exists, files.exists(errors_folder / day / name));
        if (exists)
            return errors_folder / day / name;
    }
    return errors_folder / format_date(civil_from_days(utc_day(now))) / name;
}

// The names of the file, of its day and of the errors folder survive a power loss from here on.
Status sync_names(FileSystem& files, const Path& path) {
    const Path day = path.parent_path();
    TRY(files.sync_folder(day));
    TRY(files.sync_folder(day.parent_path()));
    return files.sync_folder(day.parent_path().parent_path());
}

// Line by line, so that a batch of refused records is never in memory as text a second time.
Status write_lines(FileSystem& files, const Path& path, std::string_view before,
                   const std::vector<const ErrorRecord*>& errors) {
    TRY_ASSIGN(const auto file, files.create(path));
    TRY(file->append(std::as_bytes(std::span(before))));
    for (const ErrorRecord* error : errors) {
        const std::string line = error_to_json(*error) + "\n";
        TRY(file->append(std::as_bytes(std::span(line))));
    }
    TRY(file->sync());
    return file->close();
}

}  // namespace

std::string error_id(std::string_view source, std::string_view position) {
    const std::string place = fmt::format("{}\n{}", source, position);
    const Digest128 digest = siphash128({}, place.data(), place.size());
    return fmt::format("err_{:016x}{:016x}", digest.high, digest.low);
}

std::string error_to_json(const ErrorRecord& error) {
    JsonWriter json;
    json.begin_object()
        .field("id", error.id)
        .field("at", format_rfc3339(error.at))
        .field("source", error.source)
        .field("reason", error.reason)
        .field("position", error.position)
        .field("records", static_cast<std::int64_t>(error.records))
        .field("raw", to_base64(std::string_view(error.raw).substr(0, kErrorRawBytesMax)))
        .end_object();
    return json.take();
}

Result<ErrorRecord> error_from_json(std::string_view line) {
    TRY_ASSIGN(const JsonValue value, JsonValue::parse(line));
    const JsonValue* records = value.find("records");
    const auto raw = from_base64(value.text_of("raw"));
    if (value.text_of("id").empty() || records == nullptr || records->as_int() == nullptr || !raw.has_value())
        return Error{ErrorCode::kCorruption,
                     fmt::format("not a line of the error output: {}", line.substr(0, 200))};
    TRY_ASSIGN(const Instant at, parse_rfc3339(value.text_of("at")));
    ErrorRecord error;
    error.id = value.text_of("id");
    error.at = at;
    error.source = value.text_of("source");
    error.reason = value.text_of("reason");
    error.position = value.text_of("position");
    error.records = static_cast<std::uint64_t>(*records->as_int());
    error.raw = *raw;
    return error;
}

Status write_errors(FileSystem& files, const Path& errors_folder, std::string_view base,
                    const std::vector<ErrorRecord>& errors, Instant now) {
    if (errors.empty())
        return {};
    TRY_ASSIGN(const Path path, file_of(files, errors_folder, base, now));
    std::string before;
    std::set<std::string, std::less<>> known;
    TRY_ASSIGN(const bool exists, files.exists(path));
    if (exists) {
        TRY_ASSIGN(before, files.read(path));
        std::vector<ErrorRecord> old;
        TRY(read_file(files, path, old));
        for (const ErrorRecord& error : old)
            known.insert(error.id);
    }
    std::vector<const ErrorRecord*> added;
    for (const ErrorRecord& error : errors)
        if (known.insert(error.id).second)
            added.push_back(&error);
    if (added.empty())
        return sync_names(files, path);  // the earlier try may have died before it did

    TRY(files.make_folders(path.parent_path()));
    Path beside = path;
    beside += ".new";
    TRY_ASSIGN(const bool leftover, files.exists(beside));
    if (leftover)
        TRY(files.remove(beside));
    TRY(write_lines(files, beside, before, added));
    TRY(files.rename(beside, path));
    return sync_names(files, path);
}

Result<std::vector<ErrorRecord>> list_errors(FileSystem& files, const Path& errors_folder,
                                             std::size_t limit) {
    TRY_ASSIGN(const auto days, day_folders(files, errors_folder));
    std::vector<ErrorRecord> errors;
    std::set<std::string> ids;
    for (const std::string& day : days) {
        TRY_ASSIGN(auto of_day, read_day(files, errors_folder / day));
        for (ErrorRecord& error : of_day) {
            if (errors.size() == limit)
                return errors;
            if (ids.insert(error.id).second)
                errors.push_back(std::move(error));
        }
    }
    return errors;
}

Result<ErrorRecord> find_error(FileSystem& files, const Path& errors_folder, std::string_view id) {
    TRY_ASSIGN(const auto days, day_folders(files, errors_folder));
    for (const std::string& day : days) {
        TRY_ASSIGN(auto of_day, read_day(files, errors_folder / day));
        for (ErrorRecord& error : of_day)
            if (error.id == id)
                return std::move(error);
    }
    return Error{ErrorCode::kNotFound,
                 fmt::format("no error {} in {}; `tallyman errors list` shows which there are", id,
                             errors_folder.string())};
}

}  // namespace tally::delivery
