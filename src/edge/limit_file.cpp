#include "edge/limit_file.hpp"

#include "base/crc32c.hpp"
#include "edge/boot_digest.hpp"
#include "edge/limit_counters.hpp"
#include "edge/limit_file_reader.hpp"
#include "edge/shared_file.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

#include <fmt/format.h>

namespace tally::edge {
namespace {

constexpr std::int64_t kUsedMax = std::int64_t{1} << 46;

void set_state(LimitFileHeader& header, LimitFileState state) {
    __atomic_store_n(&header.state, static_cast<std::uint32_t>(state), __ATOMIC_RELEASE);
}

void store(std::uint64_t& word, std::uint64_t value) {
    __atomic_store_n(&word, value, __ATOMIC_RELEASE);
}

std::uint64_t load(const std::uint64_t& word) {
    return __atomic_load_n(&word, __ATOMIC_ACQUIRE);
}

constexpr std::uint64_t size_with(std::uint64_t blocks) {
    return kLimitFileHeaderSize + blocks * sizeof(LimitBlock);
}

}  // namespace

struct LimitFile::Impl {
    const Path path;
    mutable std::mutex mutex = {};
    std::unique_ptr<SharedFile> file = {};  // null while the file at the path is unreadable
    bool needs_rebuild = false;

    [[nodiscard]] LimitFileHeader& header() const {
        return *reinterpret_cast<LimitFileHeader*>(file->data());
    }

    [[nodiscard]] std::uint64_t blocks() const {
        return (file->size() - kLimitFileHeaderSize) / sizeof(LimitBlock);
    }

    // Null when there is no room for it.
    [[nodiscard]] LimitBlock* block_of(std::uint32_t ordinal) const {
        if (!file || ordinal == 0 || ordinal / kAccountsPerBlock >= blocks())
            return nullptr;
        return reinterpret_cast<LimitBlock*>(file->data() + size_with(ordinal / kAccountsPerBlock));
    }

    [[nodiscard]] Result<LimitBlock*> block_to_write(std::uint32_t ordinal) const {
        if (!file)
            return Error{ErrorCode::kCorruption,
                         fmt::format("The limit file {} is damaged or of another start of this machine; it "
                                     "must be rebuilt first.",
                                     path.string())};
        LimitBlock* const block = block_of(ordinal);
        if (block == nullptr)
            return Error{
                ErrorCode::kInternal,
                fmt::format("Account {} has no room in the limit file {}; it must be reserved first.",
                            ordinal, path.string())};
        return block;
    }

    Status start_anew();
};

// A new file that says "rebuilding", with the room of the old one.
Status LimitFile::Impl::start_anew() {
    const std::uint64_t room = file ? std::max<std::uint64_t>(blocks(), 1) : 1;
    const std::uint64_t generation = file ? header().generation + 1 : 1;
    TRY_ASSIGN(auto fresh, SharedFile::create(path, size_with(room)));
    auto& head = *reinterpret_cast<LimitFileHeader*>(fresh->data());
    std::memcpy(head.magic, kLimitFileMagic, sizeof head.magic);
    head.version = kLimitFileVersion;
    head.header_size = static_cast<std::uint32_t>(kLimitFileHeaderSize);
    head.block_size = static_cast<std::uint32_t>(sizeof(LimitBlock));
    head.accounts_per_block = kAccountsPerBlock;
    head.generation = generation;
    head.boot_digest = boot_digest();
    head.header_crc = crc32c(&head, kLimitFileCrcSpan);
    set_state(head, kLimitsRebuilding);
    TRY(fresh->take_place(offsetof(LimitFileHeader, superseded)));
    file = std::move(fresh);
    needs_rebuild = true;
    return {};
}

LimitFile::LimitFile(Private, Path path) : impl_(new Impl{.path = std::move(path)}) {}

LimitFile::~LimitFile() = default;

Result<std::unique_ptr<LimitFile>> LimitFile::open_or_create(const Path& path) {
    auto limits = std::make_unique<LimitFile>(Private{}, path);
    Impl& impl = *limits->impl_;
    TRY_ASSIGN(auto file, SharedFile::open(path));
    impl.needs_rebuild = true;
    if (!file) {
        TRY(impl.start_anew());
        return limits;
    }
    if (file->size() < size_with(1) || !is_limit_file(file->data(), file->size()))
        return limits;
    impl.file = std::move(file);
    impl.needs_rebuild = impl.header().state != kLimitsReady;
    // A server that died while it replaced the file left the flag behind; this file kept its place.
    __atomic_store_n(&impl.header().superseded, 0U, __ATOMIC_RELEASE);
    return limits;
}

bool LimitFile::needs_rebuild() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->needs_rebuild;
}

Status LimitFile::begin_rebuild() {
    const std::lock_guard lock(impl_->mutex);
    return impl_->start_anew();
}

Status LimitFile::finish_rebuild() {
    const std::lock_guard lock(impl_->mutex);
    TRY(impl_->block_to_write(1));
    set_state(impl_->header(), kLimitsReady);
    impl_->needs_rebuild = false;
    return {};
}

Status LimitFile::reserve(std::uint32_t key_ordinal, std::uint32_t customer_ordinal) {
    const std::lock_guard lock(impl_->mutex);
    TRY(impl_->block_to_write(1));
    const std::uint64_t wanted =
        std::max(key_ordinal, customer_ordinal) / kAccountsPerBlock + std::uint64_t{1};
    if (wanted <= impl_->blocks())
        return {};
    Status grown = impl_->file->grow(size_with(wanted));
    if (grown.ok())
        return {};
    return Error{ErrorCode::kUnavailable,
                 fmt::format("No room for account {} in the limit file: {}",
                             std::max(key_ordinal, customer_ordinal), grown.error().message)};
}

std::optional<QuotaUse> LimitFile::quota_use(std::uint32_t key_ordinal) const {
    const std::lock_guard lock(impl_->mutex);
    const LimitBlock* const block = impl_->block_of(key_ordinal);
    const std::uint64_t word =
        block != nullptr ? load(block->keys[key_ordinal % kAccountsPerBlock].quota) : 0;
    if (word == 0)
        return std::nullopt;
    return QuotaUse{quota_word_period(word), quota_word_used(word)};
}

Status LimitFile::set_quota_use(std::uint32_t key_ordinal, const QuotaUse& use) {
    if (use.period < 0 || use.period > kQuotaPeriodMax || use.used < -kUsedMax || use.used > kUsedMax)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("{} requests used in period {} cannot stand in the limit file: periods go "
                                 "from 0 to {}, requests to 2^46.",
                                 use.used, use.period, kQuotaPeriodMax)};
    const std::lock_guard lock(impl_->mutex);
    TRY_ASSIGN(LimitBlock * block, impl_->block_to_write(key_ordinal));
    store(block->keys[key_ordinal % kAccountsPerBlock].quota, quota_word(use.period, use.used));
    return {};
}

Allowance LimitFile::allowance(std::uint32_t customer_ordinal) const {
    const std::lock_guard lock(impl_->mutex);
    const LimitBlock* const block = impl_->block_of(customer_ordinal);
    if (block == nullptr)
        return {};
    const CreditAccount& account = block->customers[customer_ordinal % kAccountsPerBlock];
    return {load(account.granted), load(account.used)};
}

Status LimitFile::set_granted(std::uint32_t customer_ordinal, std::uint64_t granted) {
    const std::lock_guard lock(impl_->mutex);
    TRY_ASSIGN(LimitBlock * block, impl_->block_to_write(customer_ordinal));
    store(block->customers[customer_ordinal % kAccountsPerBlock].granted, granted);
    return {};
}

Status LimitFile::set_used(std::uint32_t customer_ordinal, std::uint64_t used) {
    const std::lock_guard lock(impl_->mutex);
    TRY_ASSIGN(LimitBlock * block, impl_->block_to_write(customer_ordinal));
    store(block->customers[customer_ordinal % kAccountsPerBlock].used, used);
    return {};
}

}  // namespace tally::edge
