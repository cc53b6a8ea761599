#include "app/issuer_keys.hpp"

#include "app/issuer/fetch.hpp"
#include "app/issuer/jwks_refresh.hpp"
#include "app/log.hpp"
#include "edge/token/jwks_file.hpp"

namespace tally::app {
namespace {

constexpr std::string_view kWellKnown = "/.well-known/jwks.json";

Result<FetchUrl> url_of(const DataFolder& folder, const Config::Edge& edge) {
    std::string_view issuer = edge.jwt_issuer;
    while (issuer.ends_with('/'))
        issuer.remove_suffix(1);
    auto url = FetchUrl::parse(edge.jwt_jwks.empty() ? std::string(issuer) + std::string(kWellKnown)
                                                     : edge.jwt_jwks);
    if (!url)
        return url.error().within("[edge] jwt_jwks");
    if (url->scheme == FetchScheme::kFile)
        url->target = folder.resolve("file:" + url->target).string();
    return url;
}

}  // namespace

struct IssuerKeys::Impl {
    Impl(const DataFolder& folder, const Config& config, FetchUrl from, const Clock& clock)
        : url(std::move(from)),
          file(issuer_keys_file(folder), config.edge.jwt_issuer),
          refresh(
              file, [this] { return fetch(url, options); },
              [](std::string_view text) { log_line(LogLevel::kWarning, text); }, clock) {
        options.private_addresses = config.edge.jwt_private_addresses;
    }

    FetchUrl url;
    FetchOptions options;
    edge::JwksFile file;
    JwksRefresh refresh;
};

Path issuer_keys_file(const DataFolder& folder) {
    return folder.edge() / "jwks.table";
}

Result<std::unique_ptr<IssuerKeys>> IssuerKeys::open(const DataFolder& folder, const Config& config,
                                                     const Clock& clock) {
    if (config.edge.jwt_issuer.empty())
        return std::unique_ptr<IssuerKeys>();
    TRY_ASSIGN(FetchUrl url, url_of(folder, config.edge));
    auto impl = std::make_unique<Impl>(folder, config, std::move(url), clock);
    return std::unique_ptr<IssuerKeys>(new IssuerKeys(std::move(impl)));
}

IssuerKeys::IssuerKeys(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

IssuerKeys::~IssuerKeys() = default;

Status IssuerKeys::step() {
    return impl_->refresh.step();
}

}  // namespace tally::app
