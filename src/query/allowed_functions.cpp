#include "query/allowed_functions.hpp"

#include <array>
#include <span>
#include <string_view>
#include <unordered_set>

namespace tally::query {
namespace {

// Names are divided by blanks.

constexpr std::string_view kOperators =
    "!~~ !~~* % & * ** + - -> ->> / // << <@ >> @ @> ^ ^@ | || ~ ~~ ~~* ~~~ && ";

constexpr std::string_view kNumeric =
    "abs acos acosh add asin asinh atan atan2 atanh bit_count cbrt ceil ceiling cos cosh cot degrees "
    "divide even exp fdiv floor fmod gamma gcd greatest isfinite isinf isnan lcm least ln log log10 "
    "log2 mod multiply pi pow power radians round round_even sign signbit sin sinh sqrt subtract tan "
    "tanh trunc truncate xor ";

constexpr std::string_view kText =
    "ascii base64 bin bit_length char_length character_length chr concat concat_ws contains decode "
    "encode ends_with from_base64 from_hex from_utf8 hex ilike_escape instr lcase left len length "
    "like_escape lower lpad ltrim md5 nfc_normalize not_ilike_escape not_like_escape octet_length "
    "ord position prefix regexp_escape regexp_extract regexp_extract_all regexp_full_match "
    "regexp_like regexp_matches regexp_replace regexp_split regexp_split_to_array repeat replace "
    "reverse right rpad rtrim sha1 sha256 split split_part starts_with str_split str_split_regex "
    "string_split string_split_regex string_to_array strip_accents strlen strpos substr substring "
    "suffix to_base64 to_binary to_hex to_utf8 translate trim ucase unhex unicode upper url_decode "
    "url_encode url_extract_host url_extract_parameter url_extract_path ";

constexpr std::string_view kTime =
    "at_timezone century date date_add date_diff date_format date_part date_sub date_trunc datediff "
    "datepart datesub datetrunc day day_of_month day_of_week day_of_year dayname dayofmonth "
    "dayofweek dayofyear decade epoch epoch_ms epoch_ns epoch_us era from_iso8601_date "
    "from_iso8601_timestamp from_unixtime hour isodow isoyear julian last_day last_day_of_month "
    "make_date make_time make_timestamp make_timestamp_ms make_timestamptz microsecond millennium "
    "millisecond minute month monthname quarter second strftime strptime time_bucket timezone "
    "timezone_hour timezone_minute to_days to_hours to_iso8601 to_microseconds to_milliseconds "
    "to_minutes to_months to_seconds to_timestamp to_unixtime to_weeks to_years try_strptime week "
    "week_of_year weekday weekofyear year year_of_week yearweek ";

constexpr std::string_view kNested =
    "array_concat array_contains array_distinct array_extract array_filter array_has array_has_all "
    "array_has_any array_indexof array_intersect array_length array_position array_reverse "
    "array_slice array_sort array_unique cardinality element_at filter flatten json_array "
    "json_array_length json_contains json_exists json_extract json_extract_path "
    "json_extract_path_text json_extract_scalar json_extract_string json_keys json_object json_quote "
    "json_type json_valid json_value list_concat list_contains list_distinct list_element "
    "list_extract list_filter list_has list_has_all list_has_any list_indexof list_intersect "
    "list_position list_reverse list_reverse_sort list_slice list_sort list_unique list_value map "
    "map_contains map_entries map_extract map_extract_value map_from_entries map_keys map_values "
    "nullif row struct_extract struct_extract_at struct_pack to_json try ";

// Aggregates and window functions: they need other rows.
constexpr std::string_view kAggregates =
    "any_value approx_count_distinct approx_distinct approx_percentile approx_quantile approx_top_k "
    "arbitrary arg_max arg_max_null arg_min arg_min_null argmax argmin array_agg avg bit_and bit_or "
    "bit_xor bool_and bool_or corr count count_if count_star countif covar_pop covar_samp cume_dist "
    "dense_rank entropy every favg first first_value fsum geometric_mean group_concat grouping "
    "histogram kahan_sum kurtosis lag last last_value lead list listagg mad max max_by mean median "
    "min min_by mode nth_value ntile percent_rank product quantile quantile_cont quantile_disc rank "
    "regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy "
    "row_number sem skewness stddev stddev_pop stddev_samp string_agg sum sumkahan var_pop var_samp "
    "variance ";

constexpr std::string_view kOfTheMoment =
    "age array_join array_to_string current_date current_localtime current_localtimestamp "
    "format_bytes generate_subscripts get_current_time get_current_timestamp hash md5_number "
    "md5_number_lower md5_number_upper now random today transaction_timestamp typeof unnest "
    "unpivot_list version ";

using Names = std::unordered_set<std::string_view>;

Names names_in(std::span<const std::string_view> lists) {
    Names names;
    for (std::string_view list : lists)
        for (std::size_t end = list.find(' '); end != std::string_view::npos; end = list.find(' ')) {
            names.insert(list.substr(0, end));
            list.remove_prefix(end + 1);
        }
    return names;
}

}  // namespace

FunctionUse function_use(std::string_view name) {
    static const Names anywhere = names_in(std::array{kOperators, kNumeric, kText, kTime, kNested});
    static const Names query_only = names_in(std::array{kAggregates, kOfTheMoment});
    if (anywhere.contains(name))
        return FunctionUse::kAnywhere;
    return query_only.contains(name) ? FunctionUse::kQueryOnly : FunctionUse::kRefused;
}

bool is_allowed_table_function(std::string_view name) {
    return name == "range" || name == "generate_series" || name == "unnest";
}

}  // namespace tally::query
