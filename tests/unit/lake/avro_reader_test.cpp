#include "lake/avro_reader.hpp"

#include "lake/avro_writer.hpp"
#include "lake/deflate.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::lake {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kSchema = R"({"type":"record","name":"sample","fields":[
 {"name":"flag","type":"boolean","field-id":1},
 {"name":"number","type":["null","long"],"field-id":2},
 {"name":"text","type":"string","field-id":3},
 {"name":"list","type":{"type":"array","items":"long"},"field-id":4}]})";

std::string encoded(bool flag, std::optional<std::int64_t> number, std::string_view text,
                    const std::vector<std::int64_t>& list) {
    AvroEncoder out;
    out.put_boolean(flag);
    out.put_branch(number.has_value() ? 1 : 0);
    if (number.has_value())
        out.put_long(*number);
    out.put_bytes(text);
    if (!list.empty())
        out.put_long(static_cast<std::int64_t>(list.size()));
    for (const std::int64_t item : list)
        out.put_long(item);
    out.put_long(0);
    return out.bytes();
}

std::string sample_file(int objects) {
    SeededRandom random(1);
    AvroFileWriter writer(kSchema, {{"key", "value"}}, random);
    for (int i = 0; i < objects; ++i)
        EXPECT_TRUE(writer.add(encoded(i % 2 == 0, i, "text " + std::to_string(i), {i, -i})).ok());
    return *writer.finish();
}

// An uncompressed file of one block, as other writers make it.
std::string plain_file(std::string_view schema, std::string_view block, std::int64_t objects,
                       std::string_view codec = "null") {
    AvroEncoder header;
    header.put_long(2);
    header.put_bytes("avro.schema");
    header.put_bytes(schema);
    header.put_bytes("avro.codec");
    header.put_bytes(codec);
    header.put_long(0);
    const std::string marker = "0123456789abcdef";
    AvroEncoder body;
    body.put_long(objects);
    body.put_bytes(block);
    return std::string("Obj\1") + header.bytes() + marker + body.bytes() + marker;
}

// All objects of a file, with the reader that owns their types.
struct Decoded {
    AvroFileReader reader;
    std::vector<AvroValue> values;
};

Result<Decoded> decode(std::string file) {
    TRY_ASSIGN(auto reader, AvroFileReader::open(std::move(file)));
    Decoded out{std::move(reader), {}};
    AvroValue value;
    while (true) {
        TRY_ASSIGN(const bool more, out.reader.next(value));
        if (!more)
            return out;
        out.values.push_back(value);
    }
}

Status read_all(std::string file) {
    TRY(decode(std::move(file)));
    return {};
}

TEST(Avro, NumbersInAllLengths) {
    for (const std::int64_t number :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{63}, std::int64_t{64}, std::int64_t{-65},
          std::int64_t{1} << 40, std::numeric_limits<std::int64_t>::min(),
          std::numeric_limits<std::int64_t>::max()}) {
        AvroEncoder out;
        out.put_long(number);
        const auto decoded = decode(plain_file(R"("long")", out.bytes(), 1));
        ASSERT_TRUE(decoded.ok());
        EXPECT_EQ(std::get<std::int64_t>(decoded->values.at(0).value), number);
    }
    AvroEncoder out;
    out.put_long(-64);
    EXPECT_EQ(out.bytes(), "\x7F");
}

TEST(Avro, WhatIsWrittenIsRead) {
    constexpr int kObjects = 20'000;  // several blocks
    auto reader = AvroFileReader::open(sample_file(kObjects));
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_EQ(reader->metadata().at("key"), "value");
    EXPECT_EQ(reader->metadata().at("avro.codec"), "deflate");
    AvroValue value;
    for (int i = 0; i < kObjects; ++i) {
        ASSERT_TRUE(*reader->next(value)) << i;
        ASSERT_EQ(std::get<bool>(value.find(1, "")->value), i % 2 == 0);
        ASSERT_EQ(std::get<std::int64_t>(value.find(2, "")->value), i);
        ASSERT_EQ(std::get<std::string>(value.find(3, "")->value), "text " + std::to_string(i));
        ASSERT_EQ(std::get<std::vector<AvroValue>>(value.find(4, "")->value).size(), 2U);
    }
    EXPECT_FALSE(*reader->next(value));
    EXPECT_FALSE(*reader->next(value));
}

TEST(Avro, AFileWithoutObjects) {
    EXPECT_TRUE(decode(sample_file(0))->values.empty());
}

TEST(Avro, FieldsAreFoundByIdOrElseByName) {
    const auto with_ids = decode(plain_file(kSchema, encoded(true, std::nullopt, "t", {}), 1));
    ASSERT_TRUE(with_ids.ok());
    EXPECT_EQ(with_ids->values[0].find(2, "number"), nullptr) << "null";
    EXPECT_EQ(with_ids->values[0].find(9, "text"), nullptr) << "a field with an id is not matched by name";
    constexpr std::string_view kNoIds =
        R"({"type":"record","name":"r","fields":[{"name":"text","type":"string"}]})";
    AvroEncoder text;
    text.put_bytes("hello");
    const auto without_ids = decode(plain_file(kNoIds, text.bytes(), 1));
    ASSERT_TRUE(without_ids.ok());
    EXPECT_EQ(std::get<std::string>(without_ids->values[0].find(3, "text")->value), "hello");
}

TEST(Avro, EveryKindOfType) {
    constexpr std::string_view kAll = R"({"type":"record","name":"all","fields":[
     {"name":"f","type":"float"},{"name":"d","type":"double"},{"name":"b","type":"bytes"},
     {"name":"x","type":{"type":"fixed","name":"x4","size":4}},{"name":"again","type":"x4"},
     {"name":"e","type":{"type":"enum","name":"e2","symbols":["A","B"]}},
     {"name":"m","type":{"type":"map","values":"int"}},
     {"name":"day","type":{"type":"int","logicalType":"date"}},{"name":"n","type":"null"}]})";
    AvroEncoder map;
    map.put_long(-1);  // a block with its size in bytes
    map.put_long(3);
    map.put_bytes("k");
    map.put_long(7);
    map.put_long(0);
    AvroEncoder day;
    day.put_long(-1);
    const std::string block = std::string("\0\0\xC0\x3F", 4) + std::string("\0\0\0\0\0\0\xF8\xBF", 8) +
                              "\4ab" + "wxyz" + "abcd" + "\2" + map.bytes() + day.bytes();
    const auto decoded = decode(plain_file(kAll, block, 1));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    const AvroValue& all = decoded->values.at(0);
    EXPECT_EQ(std::get<double>(all.find(0, "f")->value), 1.5);
    EXPECT_EQ(std::get<double>(all.find(0, "d")->value), -1.5);
    EXPECT_EQ(std::get<std::string>(all.find(0, "b")->value), "ab");
    EXPECT_EQ(std::get<std::string>(all.find(0, "x")->value), "wxyz");
    EXPECT_EQ(std::get<std::string>(all.find(0, "again")->value), "abcd");
    EXPECT_EQ(std::get<std::int64_t>(all.find(0, "e")->value), 1);
    EXPECT_EQ(std::get<std::vector<AvroValue>>(all.find(0, "m")->value).size(), 2U);
    EXPECT_EQ(std::get<std::int64_t>(all.find(0, "day")->value), -1);
    EXPECT_EQ(all.find(0, "n"), nullptr);
}

TEST(Avro, UnknownCodecsSayWhatToDo) {
    const Status read = read_all(plain_file(R"("long")", "\2", 1, "snappy"));
    EXPECT_EQ(read.error().code, ErrorCode::kUnsupported);
    EXPECT_THAT(read.error().message, HasSubstr("codec 'snappy'"));
}

TEST(Avro, SchemasThatAreNone) {
    for (const std::string_view schema :
         {"", "{", "7", R"("date")", R"({"type":"record","name":"r"})", R"({"type":"array"})",
          R"({"name":"x"})", R"({"type":"record","fields":[]})", R"({"type":"fixed","name":"f"})",
          R"({"type":"record","name":"r","fields":[{"type":"int"}]})"})
        EXPECT_EQ(parse_avro_schema(schema).error().code, ErrorCode::kCorruption) << schema;
}

TEST(Avro, ATypeWithinItselfEndsSomewhere) {
    constexpr std::string_view kEndless =
        R"({"type":"record","name":"r","fields":[{"name":"again","type":"r"}]})";
    EXPECT_EQ(read_all(plain_file(kEndless, "", 1)).error().code, ErrorCode::kCorruption);
    constexpr std::string_view kNulls = R"({"type":"array","items":"null"})";
    AvroEncoder many;
    many.put_long(std::int64_t{1} << 50);
    many.put_long(0);
    EXPECT_EQ(read_all(plain_file(kNulls, many.bytes(), 1)).error().code, ErrorCode::kCorruption);
}

TEST(Avro, ACutFileIsDamaged) {
    const std::string whole = sample_file(50);
    const std::size_t header_end = whole.find("deflate");
    std::size_t accepted = 0;
    for (std::size_t size = 0; size < whole.size(); ++size)
        if (read_all(whole.substr(0, size)).ok())
            ++accepted;
    EXPECT_EQ(accepted, 1U) << "only the header alone is a file: one without objects";
    EXPECT_LT(header_end, whole.size());
}

TEST(Avro, FlippedBitsNeverCrash) {
    const std::string whole = sample_file(5);
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        std::string flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ static_cast<char>(1U << (bit % 8)));
        const Status read = read_all(flipped);
        if (!read.ok()) {
            EXPECT_THAT(
                (std::vector{ErrorCode::kCorruption, ErrorCode::kUnsupported, ErrorCode::kResourceExhausted}),
                ::testing::Contains(read.error().code));
        }
    }
}

TEST(Deflate, RoundTripAndLimits) {
    const std::string text(1'000'000, 'a');
    const auto packed = deflate_raw(text);
    ASSERT_TRUE(packed.ok());
    EXPECT_LT(packed->size(), 10'000U);
    EXPECT_EQ(*inflate_raw(*packed, text.size()), text);
    EXPECT_EQ(inflate_raw(*packed, text.size() / 2).error().code, ErrorCode::kResourceExhausted);
    EXPECT_EQ(inflate_raw(packed->substr(0, 100), text.size()).error().code, ErrorCode::kCorruption);
    EXPECT_EQ(inflate_raw("\xFF\xFF", 10).error().code, ErrorCode::kCorruption);
    EXPECT_EQ(*inflate_raw(*deflate_raw(""), 0), "");
}

}  // namespace
}  // namespace tally::lake
