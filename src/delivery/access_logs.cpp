#include "delivery/access_logs.hpp"

#include "base/json_value.hpp"
#include "base/json_writer.hpp"
#include "base/siphash.hpp"
#include "base/time_text.hpp"
#include "delivery/gzip_text.hpp"
#include "delivery/ledger.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

namespace tally::delivery {
namespace {

// What tells this file from all others of its hour: a digest of where its step began and ended, in the
// letters that CloudFront's own names use. A step that is done again after a crash may hold more; then its
// name differs.
std::string unique_part(const capture::Positions& from, const capture::Positions& to) {
    constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    constexpr int kSize = 13;
    const std::string text = from.to_json() + to.to_json();
    std::uint64_t digest = siphash128(SipKey{}, text.data(), text.size()).low;
    std::string unique;
    for (int i = 0; i < kSize; ++i, digest >>= 5)
        unique += kLetters[digest & 31];
    return unique;
}

// "2026-11-24-03"
std::string hour_text(Instant hour) {
    std::string text = format_rfc3339(hour).substr(0, 13);
    text[10] = '-';
    return text;
}

struct HourText {
    std::string standard;
    std::string realtime;
    std::string gateway;
};

Error not_ours(const Path& path, std::string_view what) {
    return Error{
        ErrorCode::kCorruption,
        fmt::format("{} is not what access logs have written there: {}. To go on from now, remove it; the "
                    "requests since its last good state are then missing from the access logs alone.",
                    path.string(), what)};
}

}  // namespace

AccessLogs::AccessLogs(AccessLogOptions options, const capture::CaptureLog& log, FileSystem& files)
    : options_(std::move(options)), log_(log), files_(files) {}

Path AccessLogs::state_file() const {
    return options_.folder / "positions.json";
}

Path AccessLogs::pending_folder() const {
    return options_.folder / ".pending";
}

Result<AccessLogs::Step> AccessLogs::read_state() {
    TRY_ASSIGN(const std::string text, files_.read(state_file()));
    const auto document = JsonValue::parse(text);
    const JsonValue* positions = document ? document->find("positions") : nullptr;
    const JsonValue* names = document ? document->find("files") : nullptr;
    if (positions == nullptr || names == nullptr || names->as_array() == nullptr)
        return not_ours(state_file(), "no positions and files");
    auto next = capture::Positions::from_json(positions->to_json());
    if (!next)
        return not_ours(state_file(), next.error().message);
    Step step{std::move(*next), {}};
    for (const JsonValue& name : *names->as_array())
        step.files.push_back({std::string(name.text_of("from")), std::string(name.text_of("to"))});
    return step;
}

Status AccessLogs::store_state(const Step& step) {
    JsonWriter json;
    json.begin_object().key("positions").raw(step.next.to_json()).key("files").begin_array();
    for (const PendingFile& file : step.files)
        json.begin_object().field("from", file.temporary).field("to", file.name).end_object();
    json.end_array().end_object();
    return replace_file(files_, state_file(), json.take());
}

// A file that is not pending any more has its name already; what is pending besides is of a step that failed.
Status AccessLogs::finish() {
    for (const PendingFile& file : stored_.files) {
        const Path temporary = pending_folder() / file.temporary;
        const Path target = options_.folder / file.name;
        TRY_ASSIGN(const bool pending, files_.exists(temporary));
        if (!pending)
            continue;
        TRY(files_.make_folders(target.parent_path()));
        TRY(files_.rename(temporary, target));
        TRY(files_.sync_folder(target.parent_path()));
    }
    stored_.files.clear();
    return remove_leftovers();
}

Status AccessLogs::remove_leftovers() {
    TRY_ASSIGN(const auto names, files_.list(pending_folder()));
    for (const std::string& name : names)
        TRY(files_.remove(pending_folder() / name));
    return {};
}

Result<capture::Positions> AccessLogs::open(const capture::Positions& start) {
    TRY(files_.make_folders(pending_folder()));
    TRY_ASSIGN(const bool known, files_.exists(state_file()));
    if (!known)
        TRY(store_state({start, {}}));
    TRY_ASSIGN(stored_, read_state());
    TRY(finish());
    return stored_.next;
}

// The temporary name is no other step's: a file that a later step left half written must not take the name of
// one that has been given away.
Status AccessLogs::add_file(Step& step, std::string_view unique, std::string name, std::string_view content) {
    const std::string temporary = fmt::format("{}.{}", unique, step.files.size());
    TRY(write_new_file(files_, pending_folder() / temporary, content));
    step.files.push_back({temporary, std::move(name)});
    return {};
}

Status AccessLogs::write_files(const capture::Scan& scan, Step& step) {
    std::map<Instant, HourText> hours;
    for (const RequestRecord& record : scan.records) {
        HourText& text = hours[ledger_hour(record.time)];
        if (options_.standard)
            append_standard_line(record, text.standard);
        if (options_.realtime)
            append_realtime_line(record, options_.realtime_fields, text.realtime);
        if (options_.gateway)
            append_gateway_line(record, text.gateway);
    }
    const std::string unique = unique_part(stored_.next, step.next);
    for (const auto& [hour, text] : hours) {
        const std::string when = hour_text(hour);
        const std::string name = fmt::format("{}.{}.{}", options_.distribution_id, when, unique);
        if (options_.standard) {
            TRY_ASSIGN(const std::string packed,
                       gzip_text(std::string(standard_log_header()) + text.standard));
            TRY(add_file(step, unique, "standard/" + name + ".gz", packed));
        }
        if (options_.realtime)
            TRY(add_file(step, unique, "realtime/" + name + ".tsv", text.realtime));
        if (options_.gateway)
            TRY(add_file(step, unique,
                         fmt::format("apigateway/amazon-apigateway-{}-1-{}-00-00-{}.json", options_.stage,
                                     when, unique),
                         text.gateway));
    }
    return {};
}

Result<AccessLogResult> AccessLogs::write() {
    AccessLogResult result;
    for (bool more = true; more;) {
        TRY(finish());
        TRY_ASSIGN(auto scan, log_.scan(stored_.next, {options_.records_max}));
        if (options_.geography != nullptr)
            options_.geography->locate(scan.records);
        more = scan.more;
        Step step;
        TRY_ASSIGN(step.next, log_.without_gone_writers(scan.next));
        if (scan.records.empty() && step.next == stored_.next)
            break;
        TRY(write_files(scan, step));
        TRY(store_state(step));
        stored_ = std::move(step);
        result.records += scan.records.size();
        result.files += stored_.files.size();
        TRY(finish());
    }
    return result;
}

}  // namespace tally::delivery
