#include "rating/currency.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace tally::rating {
namespace {

// ISO 4217 list one, the active codes that have a minor unit, by number of digits.
constexpr std::string_view kNoDigits = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
constexpr std::string_view kTwoDigits =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHE CHF "
    "CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL "
    "HTG HUF "
    "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR "
    "MWK MXN "
    "MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS "
    "SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER "
    "ZAR ZMW "
    "ZWG ZWL";
constexpr std::string_view kThreeDigits = "BHD IQD JOD KWD LYD OMR TND";
constexpr std::string_view kFourDigits = "CLF UYW";

struct Group {
    std::int32_t digits;
    std::string_view codes;
};

constexpr std::array<Group, 4> kGroups{
    {{0, kNoDigits}, {2, kTwoDigits}, {3, kThreeDigits}, {4, kFourDigits}}};

}  // namespace

Result<std::int32_t> currency_digits(std::string_view code) {
    const bool is_code = code.size() == 3 &&
                         std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    for (const Group& group : kGroups)
        if (is_code && group.codes.find(code) != std::string_view::npos)
            return group.digits;
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("'{}' is not an ISO 4217 currency such as USD or EUR", code)};
}

}  // namespace tally::rating
