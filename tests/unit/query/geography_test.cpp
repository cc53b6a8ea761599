// Callers' places are the same in a row before and after its delivery.
#include "model/geography.hpp"

#include "results.hpp"
#include "support/request_lake.hpp"

#include <cstring>

#include <gtest/gtest.h>

namespace tally::query {
namespace {

using tally::test::RequestLake;
using test::ask;

class OnePlace final : public Geography {
  public:
    void locate(std::span<RequestRecord> records) override {
        for (RequestRecord& record : records) {
            std::memcpy(record.country, "DE", sizeof record.country);
            record.asn = 64'500;
        }
    }
};

TEST(CallersPlaces, AreInRowsBeforeAndAfterDelivery) {
    RequestLake lake;
    OnePlace geography;
    PosixFileSystem files;
    SystemClock clock;
    SystemRandom random;
    delivery::DeliveryOptions options;
    options.errors_folder = lake.folder() / "errors";
    options.geography = &geography;
    delivery::Delivery delivery(options, lake.log(), lake.table(), files, clock, random);
    const auto engine = QueryEngine::open(lake.log(), lake.table(), lake.folder() / "temp", &geography);
    ASSERT_TRUE(engine.ok()) << engine.error().message;
    constexpr const char* kQuestion = "SELECT c_country, asn FROM cloudfront_realtime_logs";

    lake.capture({});
    EXPECT_EQ(ask(**engine, kQuestion), "DE|64500\n");
    EXPECT_EQ(ask(lake.engine(), kQuestion), "null|null\n");
    ASSERT_TRUE(delivery.flush().ok());
    EXPECT_EQ(ask(lake.engine(), kQuestion), "DE|64500\n");
    EXPECT_EQ(ask(**engine, kQuestion), "DE|64500\n");
}

}  // namespace
}  // namespace tally::query
