#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tally::test {

enum class SiteCertificate { kNone, kGood, kOtherHost, kExpired };

// A token issuer's site on loopback: one document, counted. With a certificate it speaks TLS.
class IssuerSite {
  public:
    explicit IssuerSite(SiteCertificate certificate = SiteCertificate::kNone);
    ~IssuerSite();
    IssuerSite(const IssuerSite&) = delete;
    IssuerSite& operator=(const IssuerSite&) = delete;

    [[nodiscard]] std::uint16_t port() const;

    // Of the key set.
    [[nodiscard]] std::string url() const;

    // What everybody is answered from now on. `headers`: whole lines, each with its end.
    void serve(std::string body, int status = 200, std::string headers = "");
    // Bytes instead of an answer; what follows never comes if `hang`.
    void serve_raw(std::string bytes, bool hang = false);

    [[nodiscard]] int requests() const;
    [[nodiscard]] std::string last_request() const;

    // PEM of the certificate, which is its own authority.
    [[nodiscard]] const std::string& authority() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::test
