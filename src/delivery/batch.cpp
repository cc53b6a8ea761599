#include "delivery/batch.hpp"

#include "base/json_writer.hpp"
#include "delivery/request_columns.hpp"
#include "lake/location.hpp"
#include "model/request_text.hpp"
#include "model/requests_table.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace tally::delivery {
namespace {

constexpr std::string_view kSource = "edge";

// What one data file may hold of texts before compression: bounds memory when clients send large headers.
constexpr std::uint64_t kFileBytesMax = 96ULL * 1024 * 1024;

std::string random_batch_id(RandomSource& random) {
    return fmt::format("{:016x}{:016x}", random.next_u64(), random.next_u64());
}

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};

void write_value(JsonWriter& json, const RequestRecord& record, const RequestValue& value) {
    std::string scratch;
    const auto write_number = [&json](const auto& number) {
        if (number.has_value())
            json.number(*number);
        else
            json.null();
    };
    std::visit(Overloaded{
                   [&](TextValue text) {
                       const std::string_view written = text(record, scratch);
                       written.empty() ? json.null() : json.string(written);
                   },
                   [&](IntValue number) {
                       const auto narrow = number(record);
                       write_number(narrow.has_value() ? std::optional<std::int64_t>(*narrow) : std::nullopt);
                   },
                   [&](LongValue number) { write_number(number(record)); },
                   [&](DoubleValue number) { write_number(number(record)); },
                   [&](TimeValue time) { json.number(to_us(time(record))); },
                   [&](NoValue) { json.null(); },
               },
               value);
}

// The bytes of damages, segment by segment: each is read once.
class SegmentBytes {
  public:
    explicit SegmentBytes(FileSystem& files) : files_(files) {}

    // Empty when the segment cannot be read: that the bytes are damaged is known without them.
    std::string at(const capture::Damage& damage) {
        if (path_ != damage.segment) {
            path_ = damage.segment;
            content_ = files_.read(path_).value_or(std::string());
        }
        if (damage.offset >= content_.size())
            return {};
        return content_.substr(damage.offset, std::min<std::uint64_t>(damage.size, kErrorRawBytesMax));
    }

  private:
    FileSystem& files_;
    Path path_;
    std::string content_;
};

ErrorRecord error_at(std::string position, std::string reason, Instant now) {
    ErrorRecord error;
    error.id = error_id(kSource, position);
    error.at = now;
    error.source = kSource;
    error.reason = std::move(reason);
    error.position = std::move(position);
    error.records = 1;
    return error;
}

ErrorRecord error_of(const RequestRecord& record, Instant now) {
    std::string id;
    record_id_text(record.id, id);
    ErrorRecord error = error_at("record " + id, row_problem(record).value_or(""), now);
    error.raw = row_to_json(record).substr(0, kErrorRawBytesMax);
    return error;
}

ErrorRecord error_of(const capture::Damage& damage, SegmentBytes& bytes, Instant now) {
    ErrorRecord error =
        error_at(fmt::format("{}@{}", damage.segment.filename().string(), damage.offset), damage.reason, now);
    error.records = damage.records;
    error.raw = bytes.at(damage);
    return error;
}

// Best effort: a file that stays behind costs room and nothing else.
void remove_files(FileSystem& files, const std::vector<lake::DataFile>& written) {
    for (const lake::DataFile& file : written)
        if (const auto path = lake::path_of(file.path); path.ok())
            static_cast<void>(files.remove(*path));
}

bool holds(const lake::TableState& table, std::string_view batch_id) {
    return std::any_of(table.snapshots.begin(), table.snapshots.end(), [&](const auto& snapshot) {
        return summary_value(snapshot, kBatchIdKey) == batch_id;
    });
}

// What became of an append that did not say "done": success when the table holds the batch after all.
// kUnknownOutcome stays what it is while the table does not hold it: the answer may still be on its way.
Status resolve(const Error& error, const lake::Table& table, std::string_view batch_id, FileSystem& files,
               const std::vector<lake::DataFile>& written) {
    const auto now = table.state();
    if (!now.ok())
        return error;
    if (holds(*now, batch_id))
        return {};
    if (error.code != ErrorCode::kUnknownOutcome)
        remove_files(files, written);
    return error;
}

}  // namespace

Batch::Batch(const capture::Scan& scan, capture::Positions kept, Instant now)
    : scan_(scan), kept_(std::move(kept)), now_(now) {
    rows_.reserve(scan.records.size());
    for (const RequestRecord& record : scan.records)
        (row_problem(record).has_value() ? refused_ : rows_).push_back(&record);
}

std::vector<ErrorRecord> Batch::errors(FileSystem& files) const {
    std::vector<ErrorRecord> errors;
    SegmentBytes bytes(files);
    for (const capture::Damage& damage : scan_.damages)
        errors.push_back(error_of(damage, bytes, now_));
    for (const RequestRecord* record : refused_)
        errors.push_back(error_of(*record, now_));
    return errors;
}

BatchFacts Batch::facts() const {
    BatchFacts facts;
    facts.next = scan_.next;
    facts.kept = kept_;
    facts.segments = scan_.segments;
    facts.damages = scan_.damages;
    facts.refused = refused_.size();
    for (const RequestRecord* row : rows_)
        ++facts.delivered[ledger_hour(row->time)];
    return facts;
}

Status Batch::write_files(const lake::Table& table, std::vector<lake::DataFile>& written) const {
    for (const FileRows& file : order_rows(rows_, kFileBytesMax)) {
        TRY_ASSIGN(auto data_file, table.write_file(request_columns(file), file.day));
        written.push_back(std::move(data_file));
    }
    return {};
}

Result<DeliveryStep> Batch::commit(const DeliveryState& state, const lake::Table& table, FileSystem& files,
                                   RandomSource& random) const {
    TRY_ASSIGN(auto step, DeliveryStep::build(state, facts(), random_batch_id(random), now_));
    lake::Append append;
    if (const auto done = write_files(table, append.files); !done.ok()) {
        remove_files(files, append.files);  // the table was never told of them
        return done.error();
    }
    append.summary = [&](const lake::SnapshotInfo* base) -> Result<std::map<std::string, std::string>> {
        if (!DeliveryStep::can_apply(state, base))
            return Error{ErrorCode::kConflict, "another delivery has committed since the log was scanned"};
        return step.summary(state);
    };
    if (const auto done = table.append(append); !done.ok())
        TRY(resolve(done.error(), table, step.batch_id, files, append.files));
    return step;
}

std::string row_to_json(const RequestRecord& record) {
    JsonWriter json;
    json.begin_object();
    for (std::size_t column = 0; column < kRequestsColumns.size(); ++column) {
        json.key(kRequestsColumns[column].name);
        write_value(json, record, kRequestValues[column]);
    }
    json.end_object();
    return json.take();
}

}  // namespace tally::delivery
