#include "delivery/request_columns.hpp"

#include "delivery/text_source.hpp"
#include "model/request_text.hpp"
#include "model/requests_table.hpp"

#include <array>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace tally::delivery {
namespace {

constexpr std::string_view kNull = "(null)";

template <class T>
std::string cell_of(const lake::Numbers<T>& numbers, std::size_t row) {
    if (!numbers.null.empty() && numbers.null.at(row))
        return std::string(kNull);
    return std::to_string(numbers.values.at(row));
}

std::string cell_of(const lake::CodedStrings& strings, std::size_t row) {
    const std::int32_t code = strings.codes.at(row);
    return code < 0 ? std::string(kNull) : strings.values.at(static_cast<std::size_t>(code));
}

std::string cell_of(const lake::PlainStrings& strings, std::size_t row) {
    if (!strings.null.empty() && strings.null.at(row))
        return std::string(kNull);
    const auto begin = static_cast<std::size_t>(row == 0 ? 0 : strings.ends.at(row - 1));
    return strings.bytes.substr(begin, static_cast<std::size_t>(strings.ends.at(row)) - begin);
}

std::string cell_of(const lake::Timestamps& times, std::size_t row) {
    return std::to_string(times.micros.at(row));
}

std::string cell(const lake::ColumnBatch& batch, std::size_t column, std::size_t row) {
    return std::visit([row](const auto& values) { return cell_of(values, row); }, batch.columns.at(column));
}

std::string cell(const lake::ColumnBatch& batch, std::string_view name, std::size_t row = 0) {
    for (std::size_t i = 0; i < kRequestsColumns.size(); ++i)
        if (kRequestsColumns[i].name == name)
            return cell(batch, i, row);
    return "(no such column)";
}

// What the mapping in model says, as text.
std::string expected_cell(const RequestRecord& record, std::size_t column) {
    std::string scratch;
    const RequestValue& value = kRequestValues[column];
    if (const auto* text = std::get_if<TextValue>(&value)) {
        const std::string_view is = (*text)(record, scratch);
        return is.empty() ? std::string(kNull) : std::string(is);
    }
    const auto number = [](const auto& is) { return is ? std::to_string(*is) : std::string(kNull); };
    if (const auto* narrow = std::get_if<IntValue>(&value))
        return number((*narrow)(record));
    if (const auto* wide = std::get_if<LongValue>(&value))
        return number((*wide)(record));
    if (const auto* real = std::get_if<DoubleValue>(&value))
        return number((*real)(record));
    if (const auto* time = std::get_if<TimeValue>(&value))
        return std::to_string(to_us((*time)(record)));
    return std::string(kNull);
}

lake::ColumnBatch columns_of(const std::vector<RequestRecord>& records) {
    FileRows file;
    for (const RequestRecord& record : records) {
        file.order.push_back(static_cast<std::uint32_t>(file.rows.size()));
        file.rows.push_back(&record);
    }
    return request_columns(file);
}

constexpr std::array<unsigned char, 16> kClient = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 203, 0, 113, 9};
constexpr std::array<unsigned char, 16> kServer = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

RequestRecord full_record() {
    RequestRecord record;
    record.id = {0xabcULL, 7};
    record.time = instant_from_us(1'759'687'234'191'002);
    record.auth = AuthResult::kIdentified;
    record.api_key_id = "key_1";
    record.customer_id = "cus_1";
    record.usage_plan = "gold";
    record.stage = "prod";
    record.resource_path = "/items/{id}";
    record.client_address = kClient.data();
    record.server_address = kServer.data();
    record.client_port = 63'051;
    record.country[0] = 'D';
    record.country[1] = 'E';
    record.asn = 64'500;
    record.principal = "ann";
    record.dimensions = "x-model=small\nx-tokens-used=17\n";
    record.is_cut = true;
    record.method = "GET";
    record.is_https = true;
    record.uri_stem = "/items/caf%C3%A9";
    record.uri_query = "a=1&b=2";
    record.host = "api.example.com";
    record.user_agent = "Mozilla/5.0 (X11; \"Linux\")";
    record.referer = "https://example.com/";
    record.cookie = "session=1";
    record.accept = "*/*";
    record.accept_encoding = "gzip, br";
    record.x_forwarded_for = "198.51.100.1, 198.51.100.2";
    record.headers = "host:api.example.com\nx-api-key:key_1\nuser-agent:Mozilla/5.0 (X11; \"Linux\")\n";
    record.header_count = 3;
    record.tls_protocol = 0x0304;
    record.tls_cipher = 0x1301;
    record.edge_location = "EDGE1-P1";
    record.distribution = "edge.example.com";
    record.behavior_pattern = "/items/*";
    record.status = 206;
    record.response_result = ResultType::kMiss;
    record.result = ResultType::kError;
    record.detailed_result = DetailedResult::kClientHungUpRequest;
    record.cache_status = CacheStatus::kMiss;
    record.content_type = "application/json";
    record.content_length = 102;
    record.range_start = 2;
    record.range_end = 5;
    record.bytes_sent = 783;
    record.bytes_received = 201;
    record.first_byte_us = 253'000;
    record.time_taken_us = 253'500;
    record.origin_first_byte_us = 232'000;
    record.origin_last_byte_us = 232'001;
    return record;
}

TEST(RequestColumns, EveryColumnOfAFullRecord) {
    const lake::ColumnBatch batch = columns_of({full_record()});
    ASSERT_EQ(batch.rows, 1U);
    ASSERT_EQ(batch.columns.size(), kRequestsColumns.size());
    const std::array<std::pair<const char*, const char*>, kRequestsColumns.size()> expected = {{
        {"record_id", "0000000000000abc0000000000000007"},
        {"timestamp", "1759687234191002"},
        {"api_key_id", "key_1"},
        {"customer_id", "cus_1"},
        {"plan", "gold"},
        {"stage", "prod"},
        {"resource_path", "/items/{id}"},
        {"auth_result", "identified"},
        {"capture_state", "done"},
        {"cache_status", "MISS"},
        {"c_ip", "203.0.113.9"},
        {"s_ip", "2001:db8::1"},
        {"time_to_first_byte", "0.253000"},
        {"sc_status", "206"},
        {"sc_bytes", "783"},
        {"cs_method", "GET"},
        {"cs_protocol", "https"},
        {"cs_host", "api.example.com"},
        {"cs_uri_stem", "/items/caf%C3%A9"},
        {"cs_bytes", "201"},
        {"x_edge_location", "EDGE1-P1"},
        {"x_edge_request_id", "0000000000000abc0000000000000007"},
        {"x_host_header", "edge.example.com"},
        {"time_taken", "0.253500"},
        {"cs_protocol_version", "HTTP/1.1"},
        {"c_ip_version", "IPv4"},
        {"cs_user_agent", "Mozilla/5.0%20(X11;%20%22Linux%22)"},
        {"cs_referer", "https://example.com/"},
        {"cs_cookie", "session=1"},
        {"cs_uri_query", "a=1&b=2"},
        {"x_edge_response_result_type", "Miss"},
        {"x_forwarded_for", "198.51.100.1, 198.51.100.2"},
        {"ssl_protocol", "TLSv1.3"},
        {"ssl_cipher", "TLS_AES_128_GCM_SHA256"},
        {"x_edge_result_type", "Error"},
        {"fle_encrypted_fields", "(null)"},
        {"fle_status", "(null)"},
        {"sc_content_type", "application/json"},
        {"sc_content_len", "102"},
        {"sc_range_start", "2"},
        {"sc_range_end", "5"},
        {"c_port", "63051"},
        {"x_edge_detailed_result_type", "ClientHungUpRequest"},
        {"c_country", "DE"},
        {"cs_accept_encoding", "gzip, br"},
        {"cs_accept", "*/*"},
        {"cache_behavior_path_pattern", "/items/*"},
        {"cs_headers",
         "Host:api.example.com%0AX-Api-Key:key_1%0AUser-Agent:Mozilla/5.0%20(X11;%20%22Linux%22)%0A"},
        {"cs_header_names", "Host%0AX-Api-Key%0AUser-Agent%0A"},
        {"cs_headers_count", "3"},
        {"primary_distribution_id", "(null)"},
        {"primary_distribution_dns_name", "(null)"},
        {"origin_fbl", "0.232000"},
        {"origin_lbl", "0.232001"},
        {"asn", "64500"},
        {"principal", "ann"},
        {"dimensions", R"({"x-model":"small","x-tokens-used":"17"})"},
        {"cut", "1"},
    }};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(kRequestsColumns[i].name, expected[i].first);
        EXPECT_EQ(cell(batch, i, 0), expected[i].second) << expected[i].first;
    }
}

TEST(RequestColumns, WhatIsAbsentIsNull) {
    RequestRecord record;
    record.id = {1, 2};
    const lake::ColumnBatch batch = columns_of({record});
    for (const char* column : {"api_key_id",
                               "customer_id",
                               "stage",
                               "c_ip",
                               "s_ip",
                               "cs_uri_query",
                               "cs_referer",
                               "cs_user_agent",
                               "cs_headers",
                               "cs_header_names",
                               "ssl_protocol",
                               "ssl_cipher",
                               "sc_content_len",
                               "sc_range_start",
                               "time_to_first_byte",
                               "time_taken",
                               "c_port",
                               "cache_status",
                               "x_edge_result_type",
                               "origin_fbl",
                               "cut"})
        EXPECT_EQ(cell(batch, column), kNull) << column;
    EXPECT_EQ(cell(batch, "cs_headers_count"), "0");
    EXPECT_EQ(cell(batch, "auth_result"), "anonymous");
}

TEST(RequestColumns, BytesThatAreNoTextStayReadable) {
    RequestRecord record = full_record();
    record.uri_stem = "/a\x01\xFF/\xC3\xA9";
    record.content_type = std::string_view("text\0html", 9);
    record.referer = "\xED\xA0\x80";  // a surrogate
    record.user_agent = "\xC3\xA9 100%";
    const lake::ColumnBatch batch = columns_of({record});
    EXPECT_EQ(cell(batch, "cs_uri_stem"), "/a%01%FF/\xC3\xA9");
    EXPECT_EQ(cell(batch, "sc_content_type"), "text%00html");
    EXPECT_EQ(cell(batch, "cs_referer"), "%ED%A0%80");
    EXPECT_EQ(cell(batch, "cs_user_agent"), "%C3%A9%20100%25");
}

// Random records with columns of every kind: few values, many values, runs, nulls, bytes that need encoding.
class RandomRecords {
  public:
    std::vector<RequestRecord> make(std::size_t count) {
        std::vector<RequestRecord> records;
        for (std::size_t i = 0; i < count; ++i)
            records.push_back(one(i));
        return records;
    }

  private:
    std::string_view text(std::uint64_t distinct) {
        const std::uint64_t value = random_() % (distinct + 1);
        if (value == 0)
            return {};
        std::string& made = texts_.emplace_back("v" + std::to_string(value));
        if (value % 5 == 0)
            made += " \xFF\n\xC3\xA9";
        return made;
    }

    RequestRecord one(std::uint64_t sequence) {
        RequestRecord record = full_record();
        record.id.sequence = sequence;
        record.time += std::chrono::microseconds(sequence);
        record.api_key_id = text(20);
        record.client_address = addresses_[random_() % 2].data();
        record.uri_stem = text(1'000'000);
        record.uri_query = text(3'000);
        record.host = text(3);
        record.user_agent = text(500'000);
        record.cookie = text(40);
        std::string& headers = texts_.emplace_back("x-id:");
        headers += text(1'000'000);
        headers += "\nhost:a b\n";
        record.headers = random_() % 50 == 0 ? std::string_view() : std::string_view(headers);
        record.status = static_cast<std::uint16_t>(random_() % 2 == 0 ? 0 : 200);
        record.content_length = static_cast<std::int64_t>(random_() % 3) - 1;
        record.tls_protocol = static_cast<std::uint16_t>(random_() % 3 == 0 ? 0x0399 : 0x0303);
        record.time_taken_us =
            random_() % 10 == 0 ? kAbsent : static_cast<std::int64_t>(random_() % 1'000'000);
        record.state = random_() % 9 == 0 ? CaptureState::kInterrupted : CaptureState::kDone;
        return record;
    }

    std::mt19937_64 random_{3};
    std::deque<std::string> texts_;
    const std::array<std::array<unsigned char, 16>, 2> addresses_ = {kClient, kServer};
};

TEST(RequestColumns, SayWhatTheMappingSaysRowByRow) {
    RandomRecords random;
    const std::vector<RequestRecord> records = random.make(6'000);
    const lake::ColumnBatch batch = columns_of(records);
    for (std::size_t column = 0; column < kRequestsColumns.size(); ++column)
        for (std::size_t row = 0; row < records.size(); ++row)
            ASSERT_EQ(cell(batch, column, row), expected_cell(records[row], column))
                << kRequestsColumns[column].name << " of row " << row;
}

TEST(RequestColumns, StandInTheOrderOfTheFile) {
    RandomRecords random;
    const std::vector<RequestRecord> records = random.make(3'000);
    FileRows file;
    for (std::size_t i = 0; i < records.size(); ++i) {
        file.rows.push_back(&records[i]);
        file.order.push_back(static_cast<std::uint32_t>(i * 7 % records.size()));
    }
    const lake::ColumnBatch batch = request_columns(file);
    for (std::size_t column = 0; column < kRequestsColumns.size(); ++column)
        for (std::size_t row = 0; row < records.size(); ++row)
            ASSERT_EQ(cell(batch, column, row), expected_cell(records[file.order[row]], column))
                << kRequestsColumns[column].name << " of row " << row;
}

TEST(RequestColumns, NoRowsMakeEmptyColumns) {
    const lake::ColumnBatch batch = columns_of({});
    EXPECT_EQ(batch.rows, 0U);
    EXPECT_EQ(batch.columns.size(), kRequestsColumns.size());
}

TEST(TextSource, IsGivenForTextColumnsOnly) {
    for (std::size_t column = 0; column < kRequestsColumns.size(); ++column)
        if (text_source(column) != nullptr) {
            EXPECT_TRUE(std::holds_alternative<TextValue>(kRequestValues[column]))
                << kRequestsColumns[column].name;
        }
}

}  // namespace
}  // namespace tally::delivery
