#pragma once

#include "app/issuer/fetch.hpp"
#include "app/issuer/jwks_refresh.hpp"
#include "edge/token/jwks_file.hpp"
#include "edge_site.hpp"
#include "support/issuer_site.hpp"
#include "support/token_maker.hpp"

#include <string>
#include <string_view>

namespace tally::test {

inline constexpr std::string_view kIssuer = "https://issuer.test/pool";

// An EdgeSite whose nginx trusts an issuer on loopback. Its keys come as the server gets them, but by a clock
// that the test moves.
class TokenSite : public EdgeSite {
  protected:
    TokenSite();

    // Access-token claims of "user-1", good for an hour; `more` is put in before, without a comma behind.
    static std::string claims(std::string_view more = "", std::int64_t seconds = 3600);

    // The principal gets an entry in the key table, under this id.
    void know(std::string_view principal, std::string_view id);

    // Fetches the issuer's keys now, and waits until the worker has them.
    void publish(const std::vector<SigningKey>& keys);

    [[nodiscard]] HttpResponse with_token(std::string_view authorization,
                                          std::string_view target = "/x") const;
    // Until the status is `status`, within 5 s.
    [[nodiscard]] int wait_for_status(int status, std::string_view authorization) const;

    const SigningKey& rsa_ = key_of<SigningKey::rsa>("one");
    const SigningKey& ec_ = key_of<SigningKey::p256>("two");
    const SigningKey& ed_ = key_of<SigningKey::ed25519>("three");
    IssuerSite issuer_;
    ManualClock refresh_clock_{clock_.now()};
    edge::JwksFile file_;
    app::JwksRefresh refresh_;
};

}  // namespace tally::test
