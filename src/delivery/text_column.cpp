#include "delivery/text_column.hpp"

#include "base/assert.hpp"

#include <cstring>
#include <limits>
#include <unordered_map>
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

std::uint64_t load(const char* at, std::size_t size) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, size);
    return word;
}

// Eight bytes a step. It need not resist an attacker: kProbesMax bounds what collisions can cost.
std::uint64_t hash_of(std::string_view text) {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
    std::uint64_t hash = text.size() * kOdd;
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= 8; at += 8, left -= 8)
        hash = mix(hash ^ load(at, 8), kOdd);
    return mix(hash ^ load(at, left), 0xD6E8FEB86659FD93ULL);
}

// Texts here are short, and the call of memcmp costs as much as the comparison.
bool equal(std::string_view a, std::string_view b) {
    if (a.size() != b.size())
        return false;
    if (a.size() > 64)
        return std::memcmp(a.data(), b.data(), a.size()) == 0;
    std::size_t at = 0;
    for (; at + 8 <= a.size(); at += 8)
        if (load(a.data() + at, 8) != load(b.data() + at, 8))
            return false;
    return load(a.data() + at, a.size() - at) == load(b.data() + at, a.size() - at);
}

}  // namespace

TextNumbers::TextNumbers(std::size_t texts_max) : texts_max_(texts_max), slots_(kSlotsAtStart, -1) {}

std::optional<TextNumbers::Found> TextNumbers::number_of(std::string_view text) {
    const std::uint64_t hash = hash_of(text);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t probe = 0; probe < kProbesMax; ++probe) {
        std::int32_t& slot = slots_[(hash + probe) & mask];
        if (slot >= 0) {
            const auto number = static_cast<std::size_t>(slot);
            if (hashes_[number] == hash && equal(texts_[number], text))
                return Found{slot, false};
            continue;
        }
        if (texts_.size() == texts_max_)
            return std::nullopt;
        slot = static_cast<std::int32_t>(texts_.size());
        const Found found{slot, true};
        texts_.push_back(text);
        hashes_.push_back(hash);
        if (texts_.size() * 2 > slots_.size())
            grow();
        return found;
    }
    return std::nullopt;
}

void TextNumbers::grow() {
    slots_.assign(slots_.size() * 4, -1);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
        std::size_t at = hashes_[i] & mask;
        while (slots_[at] >= 0)
            at = (at + 1) & mask;
        slots_[at] = static_cast<std::int32_t>(i);
    }
}

TextColumn::TextColumn(std::size_t rows) : rows_(rows), numbers_(kValuesMax) {
    codes_.reserve(rows);
}

void TextColumn::add(std::string_view text) {
    if (!coded_)
        return add_plain(text);
    // Rows are sorted by key, so that most columns repeat the row before.
    if (!codes_.empty() && codes_.back() >= 0 &&
        equal(values_[static_cast<std::size_t>(codes_.back())], text))
        return push_code(codes_.back());
    add_coded(
        text, [text] { return text; }, Keep::kText);
}

bool TextColumn::repeats_last(std::string_view source) const {
    return !source.empty() && equal(source, last_source_);
}

void TextColumn::repeat() {
    if (coded_)
        return push_code(codes_.back());
    const std::size_t rows = plain_.ends.size();
    const auto begin = static_cast<std::size_t>(rows < 2 ? 0 : plain_.ends[rows - 2]);
    const auto end = static_cast<std::size_t>(plain_.ends[rows - 1]);
    plain_.bytes.reserve(plain_.bytes.size() + end - begin);  // so that the view stays good while it is added
    add_plain(std::string_view(plain_.bytes).substr(begin, end - begin));
}

void TextColumn::push_code(std::int32_t code) {
    codes_.push_back(code);
}

void TextColumn::add_value(std::string_view text, std::string_view key, Keep keep) {
    values_.emplace_back(text);
    if (keep == Keep::kText)
        numbers_.keep(values_.back());
    else if (!equal(text, key))
        derived_differs_ = true;
    TALLY_DCHECK(values_.size() == numbers_.size(), "one value a number");
}

bool TextColumn::has_too_many_values() const {
    return codes_.size() >= kJudgedRows && numbers_.size() * 2 > codes_.size();
}

void TextColumn::turn_plain() {
    coded_ = false;
    plain_.ends.reserve(rows_);
    std::size_t bytes = 0;
    for (const std::int32_t code : codes_)
        bytes += code < 0 ? 0 : values_[static_cast<std::size_t>(code)].size();
    // What is still to come is about as long as what has come.
    plain_.bytes.reserve(codes_.empty() ? 0 : bytes / codes_.size() * rows_ * 9 / 8);
    for (const std::int32_t code : codes_)
        add_plain(code < 0 ? std::string_view() : std::string_view(values_[static_cast<std::size_t>(code)]));
    codes_ = {};
    values_ = {};
    numbers_ = TextNumbers(0);
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

// Two sources with one value, "%FF" and the byte 0xFF, get one code: a dictionary holds no value twice.
void TextColumn::unify_values() {
    std::unordered_map<std::string_view, std::int32_t> first;
    std::vector<std::int32_t> code_of;
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < values_.size(); ++i) {
        const auto [found, is_new] = first.try_emplace(values_[i], static_cast<std::int32_t>(kept.size()));
        code_of.push_back(found->second);
        if (is_new)
            kept.push_back(i);
    }
    if (kept.size() == values_.size())
        return;
    for (std::int32_t& code : codes_)
        code = code < 0 ? code : code_of[static_cast<std::size_t>(code)];
    std::deque<std::string> unique;
    for (const std::size_t i : kept)
        unique.push_back(std::move(values_[i]));
    values_ = std::move(unique);
}

lake::Column TextColumn::take() {
    if (!coded_)
        return std::move(plain_);
    if (derived_differs_)
        unify_values();
    std::vector<std::string> values(std::make_move_iterator(values_.begin()),
                                    std::make_move_iterator(values_.end()));
    return lake::CodedStrings{std::move(values), std::move(codes_)};
}

}  // namespace tally::delivery
