#include "app/config_keys.hpp"
#include "app/issuer/fetch_url.hpp"
#include "model/principal_digest.hpp"

#include <algorithm>

namespace tally::app {
namespace {

constexpr std::size_t kClaimSizeMax = 128;
constexpr std::size_t kTextsMax = 16;

Error bad(std::string message) {
    return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

// It goes into nginx's configuration, between quotes.
bool is_text(const std::string& text, std::size_t size_max) {
    const auto unfit = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
               std::string_view("\"'\\;{}$#").find(c) != std::string_view::npos;
    };
    return text.size() <= size_max && std::none_of(text.begin(), text.end(), unfit);
}

Status set_issuer(Config& config, const ConfigValue& value) {
    const auto& given = std::get<std::string>(value);
    if (!is_text(given, kIssuerSizeMax))
        return bad("\"" + given +
                   "\" is not like \"https://issuer.example\", as the tokens have it in \"iss\"");
    config.edge.jwt_issuer = given;
    return {};
}

Status set_jwks(Config& config, const ConfigValue& value) {
    const auto& given = std::get<std::string>(value);
    if (!given.empty())
        TRY(FetchUrl::parse(given));
    config.edge.jwt_jwks = given;
    return {};
}

Status check_texts(const std::vector<std::string>& texts) {
    if (texts.size() > kTextsMax)
        return bad("name at most 16");
    for (const std::string& text : texts)
        if (text.empty() || !is_text(text, kIssuerSizeMax))
            return bad("\"" + text + "\" must not be empty, nor hold quotes or any of \\ ; { } $ #");
    return {};
}

Status set_audience(Config& config, const ConfigValue& value) {
    const auto& given = std::get<std::vector<std::string>>(value);
    TRY(check_texts(given));
    config.edge.jwt_audience = given;
    return {};
}

Status set_token_use(Config& config, const ConfigValue& value) {
    const auto& given = std::get<std::vector<std::string>>(value);
    TRY(check_texts(given));
    if (given.empty())
        return bad("name at least one; \"*\" takes tokens of any use, also of none");
    config.edge.jwt_token_use = given;
    return {};
}

Status set_principal_claim(Config& config, const ConfigValue& value) {
    const auto& given = std::get<std::string>(value);
    if (given.empty() || !is_text(given, kClaimSizeMax))
        return bad("\"" + given + "\" is not the name of a claim like \"sub\" or \"cognito:username\"");
    config.edge.jwt_principal_claim = given;
    return {};
}

Status set_clock_skew(Config& config, const ConfigValue& value) {
    const auto& text = std::get<std::string>(value);
    TRY_ASSIGN(const Microseconds given, parse_duration(text));
    if (given > std::chrono::minutes(5))
        return bad("\"" + text + "\" is out of range: 0ms to 5m");
    config.edge.jwt_clock_skew = given;
    return {};
}

Status set_unknown_principal(Config& config, const ConfigValue& value) {
    const auto& given = std::get<std::string>(value);
    if (given != "refuse" && given != "admit")
        return bad("\"" + given + "\" is neither \"refuse\" nor \"admit\"");
    config.edge.jwt_admit_unknown = given == "admit";
    return {};
}

Status set_private_addresses(Config& config, const ConfigValue& value) {
    config.edge.jwt_private_addresses = std::get<bool>(value);
    return {};
}

}  // namespace

std::vector<ConfigKey> token_keys() {
    return {
        {"edge", "jwt_issuer", ConfigType::kText, "\"\"", "",
         "let callers in by tokens (JWT) of this issuer, as they have it in \"iss\"; empty = no tokens",
         set_issuer},
        {"edge", "jwt_jwks", ConfigType::kText, "\"\"", "",
         "where the issuer's keys are: an https:// URL, http:// on this machine only, or file: and a path; "
         "empty = "
         "the issuer and /.well-known/jwks.json",
         set_jwks},
        {"edge", "jwt_audience", ConfigType::kTexts, "[]", "",
         "a token must be for one of these (\"aud\", or Cognito's \"client_id\"); [\"*\"] = for anybody",
         set_audience},
        {"edge", "jwt_token_use", ConfigType::kTexts, "[\"access\"]", "",
         "what \"token_use\" may say, at+jwt in \"typ\" counts as access; [\"*\"] = anything, also nothing",
         set_token_use},
        {"edge", "jwt_principal_claim", ConfigType::kText, "\"sub\"", "",
         "the claim that says who is calling; Cognito's user name is \"cognito:username\"",
         set_principal_claim},
        {"edge", "jwt_clock_skew", ConfigType::kText, "\"60s\"", "duration",
         "how far the issuer's clock may be off, at both ends of a token's time", set_clock_skew},
        {"edge", "jwt_unknown_principal", ConfigType::kText, "\"refuse\"", "",
         "callers that no customer has (keys create --principal): \"refuse\", or \"admit\" them without a "
         "customer",
         set_unknown_principal},
        {"edge", "jwt_private_addresses", ConfigType::kBool, "false", "",
         "true: the issuer's keys may come from a private network", set_private_addresses},
    };
}

}  // namespace tally::app
