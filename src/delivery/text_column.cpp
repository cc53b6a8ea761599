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

template <class Word>
std::uint64_t load(const char* at) {
    Word word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

// A text of up to 8 bytes as one number; different for different texts of one size. Two loads that overlap
// where needed, because a copy of a size that the compiler does not know is a call.
std::uint64_t short_text(const char* at, std::size_t size) {
    if (size >= 4)
        return load<std::uint32_t>(at) << 32 | load<std::uint32_t>(at + size - 4);
    if (size == 0)
        return 0;
    return load<std::uint8_t>(at) << 16 | load<std::uint8_t>(at + size / 2) << 8 |
           load<std::uint8_t>(at + size - 1);
}

// It need not resist an attacker: kProbesMax bounds what collisions can cost.
std::uint64_t hash_of(std::string_view text) {
    constexpr std::uint64_t kFirst = 0x9E3779B97F4A7C15ULL;
    constexpr std::uint64_t kSecond = 0xD6E8FEB86659FD93ULL;
    const char* at = text.data();
    const std::size_t size = text.size();
    if (size <= 8)
        return mix(short_text(at, size) ^ kFirst, size ^ kSecond);
    std::uint64_t hash = size * kFirst;
    const char* const last = at + size - 8;
    for (; at < last; at += 16) {
        const std::uint64_t next = at + 8 < last ? load<std::uint64_t>(at + 8) : load<std::uint64_t>(last);
        hash = mix(hash ^ load<std::uint64_t>(at), next ^ kSecond);
    }
    return mix(hash ^ load<std::uint64_t>(last), kFirst);
}

// Most texts here are short, and the call of memcmp costs as much as the comparison.
bool equal(std::string_view a, std::string_view b) {
    if (a.size() != b.size())
        return false;
    const std::size_t size = a.size();
    if (size <= 8)
        return short_text(a.data(), size) == short_text(b.data(), size);
    if (size > 32)
        return std::memcmp(a.data(), b.data(), size) == 0;
    for (std::size_t at = 0; at + 8 < size; at += 8)
        if (load<std::uint64_t>(a.data() + at) != load<std::uint64_t>(b.data() + at))
            return false;
    return load<std::uint64_t>(a.data() + size - 8) == load<std::uint64_t>(b.data() + size - 8);
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

lake::PlainStrings TextColumn::plain_in(std::span<const std::uint32_t> order) const {
    lake::PlainStrings plain;
    plain.bytes.reserve(plain_.bytes.size());
    plain.ends.reserve(order.size());
    for (const std::uint32_t row : order) {
        const auto begin = static_cast<std::size_t>(row == 0 ? 0 : plain_.ends[row - 1]);
        plain.bytes.append(plain_.bytes, begin, static_cast<std::size_t>(plain_.ends[row]) - begin);
        plain.ends.push_back(static_cast<std::int32_t>(plain.bytes.size()));
    }
    if (!plain_.null.empty()) {
        plain.null.reserve(order.size());
        for (const std::uint32_t row : order)
            plain.null.push_back(plain_.null[row]);
    }
    return plain;
}

lake::Column TextColumn::take(std::span<const std::uint32_t> order) {
    if (!coded_)
        return plain_in(order);
    if (derived_differs_)
        unify_values();
    lake::CodedStrings coded;
    coded.values.assign(std::make_move_iterator(values_.begin()), std::make_move_iterator(values_.end()));
    coded.codes.reserve(order.size());
    for (const std::uint32_t row : order)
        coded.codes.push_back(codes_[row]);
    return coded;
}

}  // namespace tally::delivery
