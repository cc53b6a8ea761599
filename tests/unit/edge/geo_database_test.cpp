#include "edge/geo_database.hpp"

#include "support/mmdb_writer.hpp"
#include "support/temp_folder.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

namespace tally::edge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class GeoDatabaseTest : public ::testing::Test {
  protected:
    GeoDatabaseTest() {
        test::MmdbWriter countries(6);
        countries.add("203.0.113.0/24", "DE", 0);
        countries.add("203.0.113.128/25", "FR", 0);
        countries.add("2001:db8::/32", "JP", 0);
        countries.add("10.0.0.0/8", "US", 0);
        countries.add("fe80::/10", "US", 0);
        put("country.mmdb", countries.file());
        test::MmdbWriter networks(6);
        networks.add("203.0.113.0/24", "", 64'500);
        networks.add("2001:db8::/32", "", 4'200'000'000);
        put("asn.mmdb", networks.file());
    }

    // As an update does it: a new file under the old name.
    void put(const std::string& name, const std::string& content) {
        const auto next = folder_.path() / (name + ".new");
        std::ofstream(next, std::ios::binary) << content;
        std::filesystem::rename(next, folder_.path() / name);
    }

    Result<std::unique_ptr<GeoDatabase>> open() {
        return GeoDatabase::open({folder_.path() / "country.mmdb", folder_.path() / "asn.mmdb"},
                                 [this](const std::string& message) { warnings_.push_back(message); });
    }

    // "DE/64500" of an address.
    static std::string place(Geography& geography, const char* address) {
        std::array<unsigned char, 16> bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
        if (std::strchr(address, ':') != nullptr)
            inet_pton(AF_INET6, address, bytes.data());
        else
            inet_pton(AF_INET, address, bytes.data() + 12);
        std::array<RequestRecord, 2> records;
        for (RequestRecord& record : records)
            record.client_address = bytes.data();
        geography.locate(records);
        EXPECT_EQ(records[0].asn, records[1].asn);
        const RequestRecord& record = records[1];
        return (record.country[0] == 0 ? "" : std::string(record.country, 2)) + "/" +
               std::to_string(record.asn);
    }

    test::TempFolder folder_;
    std::vector<std::string> warnings_;
};

TEST_F(GeoDatabaseTest, KnowsBothKindsOfAddresses) {
    const auto geography = open();
    ASSERT_TRUE(geography.ok()) << geography.error().message;
    EXPECT_EQ(place(**geography, "203.0.113.9"), "DE/64500");
    EXPECT_EQ(place(**geography, "203.0.113.200"), "FR/64500");
    EXPECT_EQ(place(**geography, "::ffff:203.0.113.9"), "DE/64500");
    EXPECT_EQ(place(**geography, "2001:db8::1"), "JP/4200000000");
    EXPECT_EQ(place(**geography, "198.51.100.1"), "/0");
    EXPECT_EQ(place(**geography, "2001:db9::1"), "/0");
    EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(GeoDatabaseTest, PrivateAddressesAreNowhere) {
    const auto geography = open();
    for (const char* address : {"10.1.2.3", "127.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.1.1",
                                "100.64.0.1", "::1", "fe80::1", "fd00::1"})
        EXPECT_EQ(place(**geography, address), "/0") << address;
}

TEST_F(GeoDatabaseTest, ADatabaseOfIpv4AloneKnowsNoIpv6) {
    test::MmdbWriter countries(4);
    countries.add("203.0.113.0/24", "DE", 0);
    put("country.mmdb", countries.file());
    const auto geography = open();
    EXPECT_EQ(place(**geography, "203.0.113.9"), "DE/64500");
    EXPECT_EQ(place(**geography, "2001:db8::1"), "/4200000000");
}

TEST_F(GeoDatabaseTest, EitherFileMayBeAbsentFromTheConfiguration) {
    const auto geography = GeoDatabase::open({{}, folder_.path() / "asn.mmdb"}, nullptr);
    EXPECT_EQ(place(**geography, "203.0.113.9"), "/64500");
    RequestRecord without_address;
    (*geography)->locate({&without_address, 1});
    EXPECT_EQ(without_address.asn, 0U);
}

TEST_F(GeoDatabaseTest, AFileThatCannotBeReadIsAnErrorAtTheStart) {
    put("country.mmdb", "no database at all");
    EXPECT_EQ(open().error().code, ErrorCode::kCorruption);
    EXPECT_THAT(open().error().message, HasSubstr("country.mmdb is no MaxMind DB file that can be read"));
    std::filesystem::remove(folder_.path() / "country.mmdb");
    EXPECT_EQ(open().error().code, ErrorCode::kNotFound);
    EXPECT_THAT(open().error().message, HasSubstr("country.mmdb"));
}

TEST_F(GeoDatabaseTest, AReplacedFileIsNoticed) {
    const auto geography = open();
    EXPECT_EQ(place(**geography, "203.0.113.9"), "DE/64500");
    test::MmdbWriter moved(6);
    moved.add("203.0.113.0/24", "AT", 0);
    put("country.mmdb", moved.file());
    EXPECT_EQ(place(**geography, "203.0.113.9"), "AT/64500");
    EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(GeoDatabaseTest, ADamagedReplacementLeavesTheOneBeforeInUse) {
    const auto geography = open();
    std::ofstream(folder_.path() / "country.mmdb") << "half a fi";  // in place: cut while it is in use
    EXPECT_EQ(place(**geography, "203.0.113.9"), "DE/64500");
    EXPECT_EQ(place(**geography, "2001:db8::1"), "JP/4200000000");
    EXPECT_THAT(warnings_, ElementsAre(HasSubstr("The one from before stays in use")));
}

TEST_F(GeoDatabaseTest, AVanishedFileMakesPlacesUnknownUntilItIsBack) {
    const auto geography = open();
    std::filesystem::rename(folder_.path() / "country.mmdb", folder_.path() / "away");
    EXPECT_EQ(place(**geography, "203.0.113.9"), "/64500");
    EXPECT_EQ(place(**geography, "203.0.113.9"), "/64500");
    EXPECT_THAT(warnings_, ElementsAre(HasSubstr("country.mmdb is gone")));
    std::filesystem::rename(folder_.path() / "away", folder_.path() / "country.mmdb");
    EXPECT_EQ(place(**geography, "203.0.113.9"), "DE/64500");
}

}  // namespace
}  // namespace tally::edge
