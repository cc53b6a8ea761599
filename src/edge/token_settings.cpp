#include "edge/token_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tally::edge {

std::string token_directives(const TokenSettings& settings) {
    if (settings.issuer.empty())
        return "";
    return fmt::format(
        R"(    tallyman_jwks "{jwks}";
    tallyman_jwt_issuer "{issuer}";
    tallyman_jwt_audience "{audiences}";
    tallyman_jwt_token_use "{uses}";
    tallyman_jwt_principal_claim "{claim}";
    tallyman_jwt_clock_skew {skew}ms;
    tallyman_jwt_unknown_principal {unknown};
)",
        fmt::arg("jwks", settings.jwks.string()), fmt::arg("issuer", settings.issuer),
        fmt::arg("audiences", fmt::join(settings.audiences, "\" \"")),
        fmt::arg("uses", fmt::join(settings.token_uses, "\" \"")),
        fmt::arg("claim", settings.principal_claim), fmt::arg("skew", settings.clock_skew.count()),
        fmt::arg("unknown", settings.admit_unknown ? "admit" : "refuse"));
}

}  // namespace tally::edge
