#include "token_site.hpp"

#include "model/principal_digest.hpp"

#include <chrono>
#include <thread>

#include <fmt/format.h>

namespace tally::test {

TokenSite::TokenSite()
    : file_(config_.folder / "jwks.table", std::string(kIssuer)),
      refresh_(
          file_, [this] { return app::fetch(*app::FetchUrl::parse(issuer_.url()), {}); },
          [](std::string_view) {}, refresh_clock_) {
    config_.token.issuer = kIssuer;
    config_.token.jwks = config_.folder / "jwks.table";
    config_.token.audiences = {"client-1"};
    config_.token.clock_skew = std::chrono::seconds(0);
    issuer_.serve(key_set({rsa_, ec_, ed_}));
    const Status fetched = refresh_.step();
    EXPECT_TRUE(fetched.ok()) << (fetched.ok() ? "" : fetched.error().message);
    know("user-1", "key_of_user_1");
}

std::string TokenSite::claims(std::string_view more, std::int64_t seconds) {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(SystemClock().now().time_since_epoch());
    return fmt::format(
        R"({{{}{}"iss":"{}","sub":"user-1","client_id":"client-1","token_use":"access","exp":{}}})", more,
        more.empty() ? "" : ",", kIssuer, now.count() + seconds);
}

void TokenSite::know(std::string_view principal, std::string_view id) {
    edge::KeyEntry entry = key_entry("", id);
    entry.digest = principal_digest(kSecret, kIssuer, principal);
    EXPECT_TRUE(keys_->upsert(entry).ok());
}

void TokenSite::publish(const std::vector<SigningKey>& keys) {
    issuer_.serve(key_set(keys));
    refresh_clock_.advance(std::chrono::minutes(4));
    const Status fetched = refresh_.step();
    EXPECT_TRUE(fetched.ok()) << (fetched.ok() ? "" : fetched.error().message);
}

HttpResponse TokenSite::with_token(std::string_view authorization, std::string_view target) const {
    return send_one(port(), fmt::format("GET {} HTTP/1.1\r\nHost: api.test\r\nAuthorization: {}\r\n\r\n",
                                        target, authorization));
}

int TokenSite::wait_for_status(int status, std::string_view authorization) const {
    int got = 0;
    for (int i = 0; i < 250 && got != status; ++i) {
        got = with_token(authorization).status;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));  // poll
    }
    return got;
}

}  // namespace tally::test
