#include "edge/plan_table.hpp"

#include "base/crc32c.hpp"
#include "edge/boot_digest.hpp"
#include "edge/plan_table_reader.hpp"
#include "edge/shared_file.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace tally::edge {
namespace {

constexpr std::uint64_t kCapacityMin = 1024;
constexpr std::uint32_t kOrdinalMax = 1'000'000;
constexpr std::uint64_t kRecordsSizeMin = 64 * 1024;
constexpr std::int64_t kRateMilliMax = 1'000'000'000'000;
constexpr std::int64_t kBurstMax = 1'000'000'000;
constexpr std::int64_t kQuotaMax = std::int64_t{1} << 47;

Error unfit(const PlanEntry& plan, std::string why) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("The usage plan \"{}\": {}.", plan.name, why)};
}

BucketShape shape_of(const Throttle& throttle) {
    const auto rate = static_cast<std::uint64_t>(throttle.rate_milli);
    const std::uint64_t interval = std::max<std::uint64_t>((1'000'000'000'000 + rate / 2) / rate, 1);
    return {interval, static_cast<std::uint64_t>(throttle.burst) * interval};
}

Status check_throttle(const PlanEntry& plan, const Throttle& throttle) {
    if (throttle.rate_milli < 1 || throttle.rate_milli > kRateMilliMax)
        return unfit(plan, fmt::format("a rate of {} thousandths is not in 1 to 10^12", throttle.rate_milli));
    if (throttle.burst < 1 || throttle.burst > kBurstMax)
        return unfit(plan, fmt::format("a burst of {} is not in 1 to 10^9", throttle.burst));
    if (shape_of(throttle).interval_ns > kToleranceMaxNs / static_cast<std::uint64_t>(throttle.burst))
        return unfit(plan, fmt::format("a burst of {} at {} thousandths a second takes more than 146 years "
                                       "to fill",
                                       throttle.burst, throttle.rate_milli));
    return {};
}

Status check_method(const PlanEntry& plan, const MethodThrottle& method) {
    if (method.method.empty() || method.method.size() > kMethodNameSizeMax)
        return unfit(plan, fmt::format("the method \"{}\" is empty or longer than {} bytes", method.method,
                                       kMethodNameSizeMax));
    if (method.path.size() > kMethodPathSizeMax)
        return unfit(plan, fmt::format("a path of {} bytes is longer than {}", method.path.size(),
                                       kMethodPathSizeMax));
    if (!method.path.starts_with('/') && method.path != "*")
        return unfit(plan, fmt::format("the path \"{}\" must start with '/'", method.path));
    return check_throttle(plan, method.throttle);
}

bool is_prefix(const MethodThrottle& method) {
    return method.path.ends_with('*');
}

// The more exact entry goes first.
bool goes_before(const MethodThrottle& a, const MethodThrottle& b) {
    const auto rank = [](const MethodThrottle& method) {
        const auto length = static_cast<std::ptrdiff_t>(method.path.size());
        return std::tuple(is_prefix(method), is_prefix(method) ? -length : 0, method.method == "*");
    };
    return rank(a) < rank(b);
}

using MethodName = std::pair<std::string, std::string>;
using BucketNumbers = std::map<MethodName, std::uint8_t>;

std::string path_of(const PlanRecord& plan, const MethodRecord& method) {
    std::string path(text_of(plan, method.text_offset) + method.method_size, method.path_size);
    return method.is_prefix != 0 ? path + "*" : path;
}

std::string method_of(const PlanRecord& plan, const MethodRecord& method) {
    return method.method_size == 0 ? "*" : std::string(text_of(plan, method.text_offset), method.method_size);
}

BucketNumbers numbers_in(const PlanRecord* plan) {
    BucketNumbers numbers;
    for (int i = 0; plan != nullptr && i < plan->method_count; ++i) {
        const MethodRecord& method = methods_of(*plan)[i];
        numbers[{method_of(*plan, method), path_of(*plan, method)}] = method.bucket_number;
    }
    return numbers;
}

// Methods that stay keep their buckets. A new one gets a number that the old plan had not, as long as there
// is one, else that of a method that went: its bucket may then start less than full.
BucketNumbers renumber(const std::vector<MethodThrottle>& methods, const BucketNumbers& old) {
    std::uint32_t kept = 0;
    std::uint32_t used_before = 0;
    BucketNumbers numbers;
    for (const auto& [name, number] : old)
        used_before |= 1U << number;
    for (const MethodThrottle& method : methods) {
        if (const auto found = old.find({method.method, method.path}); found != old.end()) {
            numbers.insert(*found);
            kept |= 1U << found->second;
        }
    }
    const auto lowest_free = [](std::uint32_t taken) { return std::countr_one(taken); };
    for (const MethodThrottle& method : methods) {
        if (numbers.contains({method.method, method.path}))
            continue;
        int number = lowest_free(kept | used_before);
        if (number >= static_cast<int>(kMethodThrottlesMax))
            number = lowest_free(kept);
        numbers[{method.method, method.path}] = static_cast<std::uint8_t>(number);
        kept |= 1U << number;
    }
    return numbers;
}

// A record as it stands in the file. `old` is the plan's record until now, or null.
std::string record_of(const PlanEntry& plan, const PlanRecord* old) {
    std::vector<MethodThrottle> methods = plan.limits.methods;
    std::stable_sort(methods.begin(), methods.end(), goes_before);
    const BucketNumbers numbers = renumber(methods, numbers_in(old));
    PlanRecord head = {};
    head.ordinal = plan.ordinal;
    head.quota_limit = plan.limits.quota ? plan.limits.quota->limit : kNoQuota;
    if (plan.limits.quota) {
        head.quota_offset = plan.limits.quota->offset;
        head.quota_period = static_cast<std::uint8_t>(plan.limits.quota->period);
    }
    if (plan.limits.throttle) {
        head.bucket = shape_of(*plan.limits.throttle);
        head.rate_milli = plan.limits.throttle->rate_milli;
    }
    head.method_count = static_cast<std::uint8_t>(methods.size());
    head.name_size = static_cast<std::uint8_t>(plan.name.size());
    head.name_offset = static_cast<std::uint32_t>(sizeof(PlanRecord) + methods.size() * sizeof(MethodRecord));
    std::string records;
    std::string texts = plan.name;
    for (const MethodThrottle& method : methods) {
        MethodRecord entry = {};
        entry.bucket = shape_of(method.throttle);
        entry.rate_milli = method.throttle.rate_milli;
        entry.text_offset = head.name_offset + static_cast<std::uint32_t>(texts.size());
        entry.method_size =
            method.method == "*" ? std::uint8_t{0} : static_cast<std::uint8_t>(method.method.size());
        entry.is_prefix = is_prefix(method) ? 1 : 0;
        entry.path_size = static_cast<std::uint16_t>(method.path.size() - entry.is_prefix);
        entry.bucket_number = numbers.at({method.method, method.path});
        texts += method.method.substr(0, entry.method_size) + method.path.substr(0, entry.path_size);
        records.append(reinterpret_cast<const char*>(&entry), sizeof entry);
    }
    head.size = static_cast<std::uint32_t>(head.name_offset + texts.size());
    return std::string(reinterpret_cast<const char*>(&head), sizeof head) + records + texts;
}

std::optional<Throttle> throttle_of(const BucketShape& bucket, std::int64_t rate_milli) {
    if (bucket.interval_ns == 0)
        return std::nullopt;
    return Throttle{rate_milli, static_cast<std::int64_t>(bucket.tolerance_ns / bucket.interval_ns)};
}

PlanEntry entry_of(const PlanRecord& plan) {
    PlanEntry entry;
    entry.ordinal = plan.ordinal;
    entry.name.assign(text_of(plan, plan.name_offset), plan.name_size);
    entry.limits.throttle = throttle_of(plan.bucket, plan.rate_milli);
    if (plan.quota_limit != kNoQuota)
        entry.limits.quota =
            Quota{plan.quota_limit, static_cast<QuotaPeriod>(plan.quota_period), plan.quota_offset};
    for (int i = 0; i < plan.method_count; ++i) {
        const MethodRecord& method = methods_of(plan)[i];
        entry.limits.methods.push_back(
            {method_of(plan, method), path_of(plan, method), *throttle_of(method.bucket, method.rate_milli)});
    }
    return entry;
}

constexpr std::uint64_t aligned(std::uint64_t size) {
    return (size + kPlanRecordAlignment - 1) / kPlanRecordAlignment * kPlanRecordAlignment;
}

}  // namespace

Status check_plan(const PlanEntry& plan) {
    if (plan.ordinal == 0 || plan.ordinal > kOrdinalMax)
        return unfit(plan, fmt::format("its number {} is not in 1 to {}", plan.ordinal, kOrdinalMax));
    if (plan.name.size() > kPlanNameSizeMax)
        return unfit(plan, fmt::format("the name is longer than {} bytes", kPlanNameSizeMax));
    if (plan.limits.throttle)
        TRY(check_throttle(plan, *plan.limits.throttle));
    if (const auto& quota = plan.limits.quota; quota && (quota->limit < 0 || quota->limit > kQuotaMax ||
                                                         quota->offset < 0 || quota->offset > quota->limit))
        return unfit(plan,
                     fmt::format("a quota of {} with offset {} is not in 0 to 2^47, the offset not above it",
                                 quota->limit, quota->offset));
    if (plan.limits.methods.size() > kMethodThrottlesMax)
        return unfit(plan, fmt::format("{} throttles of methods are more than {}", plan.limits.methods.size(),
                                       kMethodThrottlesMax));
    std::map<MethodName, int> seen;
    for (const MethodThrottle& method : plan.limits.methods) {
        TRY(check_method(plan, method));
        if (++seen[{method.method, method.path}] > 1)
            return unfit(plan, fmt::format("\"{} {}\" has two throttles", method.method, method.path));
    }
    return {};
}

struct PlanTable::Impl {
    const Path path;
    mutable std::mutex mutex = {};
    std::unique_ptr<SharedFile> file = {};  // null while the file at the path is unreadable
    bool needs_rebuild = false;

    [[nodiscard]] PlanTableHeader& header() const {
        return *reinterpret_cast<PlanTableHeader*>(file->data());
    }

    [[nodiscard]] std::uint64_t* places() const {
        return reinterpret_cast<std::uint64_t*>(file->data() + kPlanTableHeaderSize);
    }

    // Null where there is none.
    [[nodiscard]] const PlanRecord* record(std::uint32_t ordinal) const {
        if (!file || ordinal >= header().capacity || places()[ordinal] == 0)
            return nullptr;
        return reinterpret_cast<const PlanRecord*>(file->data() + places()[ordinal]);
    }

    [[nodiscard]] Status readable() const {
        if (file)
            return {};
        return Error{ErrorCode::kCorruption,
                     fmt::format("The plan table {} is damaged or of another start of this machine; it must "
                                 "be rebuilt from the state database first.",
                                 path.string())};
    }

    // False when it does not fit.
    bool append(std::uint32_t ordinal, const std::string& bytes) const {
        if (ordinal >= header().capacity || header().end + bytes.size() > file->size())
            return false;
        const std::uint64_t offset = header().end;
        std::memcpy(file->data() + offset, bytes.data(), bytes.size());
        header().end = aligned(offset + bytes.size());
        __atomic_store_n(places() + ordinal, offset, __ATOMIC_RELEASE);
        return true;
    }

    Status replace_by(const std::map<std::uint32_t, std::string>& records);
};

Status PlanTable::Impl::replace_by(const std::map<std::uint32_t, std::string>& records) {
    std::uint64_t size = 0;
    for (const auto& [ordinal, bytes] : records)
        size += aligned(bytes.size());
    const std::uint64_t ordinals = records.empty() ? 0 : records.rbegin()->first + std::uint64_t{1};
    const std::uint64_t capacity = std::max(kCapacityMin, std::bit_ceil(ordinals));
    const std::uint64_t start = aligned(kPlanTableHeaderSize + capacity * sizeof(std::uint64_t));
    const std::uint64_t generation = file ? header().generation + 1 : 1;
    TRY_ASSIGN(auto fresh, SharedFile::create(path, start + std::max(kRecordsSizeMin, 2 * size)));
    auto& head = *reinterpret_cast<PlanTableHeader*>(fresh->data());
    std::memcpy(head.magic, kPlanTableMagic, sizeof head.magic);
    head.version = kPlanTableVersion;
    head.header_size = static_cast<std::uint32_t>(kPlanTableHeaderSize);
    head.capacity = capacity;
    head.file_size = fresh->size();
    head.generation = generation;
    head.boot_digest = boot_digest();
    head.header_crc = crc32c(&head, kPlanTableCrcSpan);
    head.end = start;
    auto* fresh_places = reinterpret_cast<std::uint64_t*>(fresh->data() + kPlanTableHeaderSize);
    for (const auto& [ordinal, bytes] : records) {
        std::memcpy(fresh->data() + head.end, bytes.data(), bytes.size());
        fresh_places[ordinal] = head.end;
        head.end = aligned(head.end + bytes.size());
    }
    TRY(fresh->take_place(offsetof(PlanTableHeader, superseded)));
    file = std::move(fresh);
    return {};
}

PlanTable::PlanTable(Private, Path path) : impl_(new Impl{.path = std::move(path)}) {}

PlanTable::~PlanTable() = default;

Result<std::unique_ptr<PlanTable>> PlanTable::open_or_create(const Path& path) {
    auto table = std::make_unique<PlanTable>(Private{}, path);
    Impl& impl = *table->impl_;
    TRY_ASSIGN(auto file, SharedFile::open(path));
    impl.needs_rebuild = true;
    if (!file) {
        TRY(impl.replace_by({}));
        return table;
    }
    if (file->size() < kPlanTableHeaderSize || !is_plan_table(file->data(), file->size()))
        return table;
    impl.file = std::move(file);
    impl.needs_rebuild = false;
    // A server that died while it replaced the file left the flag behind; this file kept its place.
    __atomic_store_n(&impl.header().superseded, 0U, __ATOMIC_RELEASE);
    return table;
}

bool PlanTable::needs_rebuild() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->needs_rebuild;
}

Status PlanTable::rebuild(std::span<const PlanEntry> entries) {
    const std::lock_guard lock(impl_->mutex);
    std::map<std::uint32_t, std::string> records;
    for (const PlanEntry& entry : entries) {
        TRY(check_plan(entry));
        records[entry.ordinal] = record_of(entry, impl_->record(entry.ordinal));
    }
    TRY(impl_->replace_by(records));
    impl_->needs_rebuild = false;
    return {};
}

Status PlanTable::upsert(const PlanEntry& entry) {
    TRY(check_plan(entry));
    const std::lock_guard lock(impl_->mutex);
    TRY(impl_->readable());
    const std::string bytes = record_of(entry, impl_->record(entry.ordinal));
    if (impl_->append(entry.ordinal, bytes))
        return {};
    std::map<std::uint32_t, std::string> records;
    for (std::uint32_t ordinal = 0; ordinal < impl_->header().capacity; ++ordinal)
        if (const PlanRecord* record = impl_->record(ordinal))
            records[ordinal].assign(reinterpret_cast<const char*>(record), record->size);
    records[entry.ordinal] = bytes;
    return impl_->replace_by(records);
}

Status PlanTable::remove(std::uint32_t ordinal) {
    const std::lock_guard lock(impl_->mutex);
    TRY(impl_->readable());
    if (impl_->record(ordinal) != nullptr)
        __atomic_store_n(impl_->places() + ordinal, std::uint64_t{0}, __ATOMIC_RELEASE);
    return {};
}

std::optional<PlanEntry> PlanTable::find(std::uint32_t ordinal) const {
    const std::lock_guard lock(impl_->mutex);
    const PlanRecord* record = impl_->record(ordinal);
    return record != nullptr ? std::optional(entry_of(*record)) : std::nullopt;
}

}  // namespace tally::edge
