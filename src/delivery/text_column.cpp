#include "delivery/text_column.hpp"

#include "base/assert.hpp"

#include <cstring>
#include <limits>
#include <utility>

namespace tally::delivery {
namespace {

constexpr std::size_t kSlotsAtStart = 256;
constexpr std::size_t kProbesMax = 64;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Eight bytes a step. It need not resist an attacker: kProbesMax bounds what collisions can cost.
std::uint64_t hash_of(std::string_view text) {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
    std::uint64_t hash = text.size() * kOdd;
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        hash = mix(hash ^ word, kOdd);
    }
    std::uint64_t tail = 0;
    std::memcpy(&tail, at, left);
    return mix(hash ^ tail, 0xD6E8FEB86659FD93ULL);
}

}  // namespace

TextDictionary::TextDictionary(std::size_t values_max) : values_max_(values_max), slots_(kSlotsAtStart, -1) {}

std::optional<std::int32_t> TextDictionary::code_of(std::string_view text) {
    const std::uint64_t hash = hash_of(text);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t probe = 0; probe < kProbesMax; ++probe) {
        std::int32_t& slot = slots_[(hash + probe) & mask];
        if (slot >= 0) {
            const auto index = static_cast<std::size_t>(slot);
            if (hashes_[index] == hash && values_[index] == text)
                return slot;
            continue;
        }
        if (values_.size() == values_max_)
            return std::nullopt;
        const auto code = static_cast<std::int32_t>(values_.size());
        slot = code;
        values_.emplace_back(text);
        hashes_.push_back(hash);
        if (values_.size() * 2 > slots_.size())
            grow();
        return code;
    }
    return std::nullopt;
}

void TextDictionary::grow() {
    slots_.assign(slots_.size() * 4, -1);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
        std::size_t at = hashes_[i] & mask;
        while (slots_[at] >= 0)
            at = (at + 1) & mask;
        slots_[at] = static_cast<std::int32_t>(i);
    }
}

TextColumn::TextColumn(std::size_t rows) : rows_(rows), dictionary_(kValuesMax) {
    codes_.reserve(rows);
}

void TextColumn::add(std::string_view text) {
    if (coded_)
        add_coded(text);
    else
        add_plain(text);
}

void TextColumn::repeat() {
    if (coded_) {
        TALLY_ASSERT(!codes_.empty(), "there is a row before");
        codes_.push_back(last_code_);
        return;
    }
    const std::size_t rows = plain_.ends.size();
    const auto begin = static_cast<std::size_t>(rows < 2 ? 0 : plain_.ends[rows - 2]);
    const auto end = static_cast<std::size_t>(plain_.ends[rows - 1]);
    add_plain(std::string(plain_.bytes, begin, end - begin));
}

void TextColumn::add_coded(std::string_view text) {
    if (text.empty()) {
        last_code_ = -1;
        codes_.push_back(-1);
        return;
    }
    // Rows are sorted by key, so that most columns repeat the row before.
    if (last_code_ >= 0 && dictionary_.values()[static_cast<std::size_t>(last_code_)] == text) {
        codes_.push_back(last_code_);
        return;
    }
    const auto code = dictionary_.code_of(text);
    const bool repeats = codes_.size() < kJudgedRows || dictionary_.values().size() * 2 <= codes_.size();
    if (!code.has_value() || !repeats) {
        turn_plain();
        add_plain(text);
        return;
    }
    last_code_ = *code;
    codes_.push_back(*code);
}

void TextColumn::turn_plain() {
    coded_ = false;
    plain_.ends.reserve(rows_);
    const auto& values = dictionary_.values();
    std::size_t bytes = 0;
    for (const std::int32_t code : codes_)
        bytes += code < 0 ? 0 : values[static_cast<std::size_t>(code)].size();
    // What is still to come is about as long as what has come.
    plain_.bytes.reserve(codes_.empty() ? 0 : bytes / codes_.size() * rows_ * 9 / 8);
    for (const std::int32_t code : codes_)
        add_plain(code < 0 ? std::string_view() : std::string_view(values[static_cast<std::size_t>(code)]));
    codes_ = {};
    dictionary_ = TextDictionary(0);
}

void TextColumn::add_plain(std::string_view text) {
    if (text.empty() && plain_.null.empty()) {
        plain_.null.reserve(rows_);
        plain_.null.assign(plain_.ends.size(), false);
        plain_.null.push_back(true);
    } else if (!plain_.null.empty()) {
        plain_.null.push_back(text.empty());
    }
    plain_.bytes.append(text);
    TALLY_ASSERT(plain_.bytes.size() <= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()),
                 "the caller bounds the text of a batch");
    plain_.ends.push_back(static_cast<std::int32_t>(plain_.bytes.size()));
}

lake::Column TextColumn::take() {
    if (!coded_)
        return std::move(plain_);
    return lake::CodedStrings{dictionary_.take_values(), std::move(codes_)};
}

}  // namespace tally::delivery
