#include "query/dialect.hpp"

#include <algorithm>
#include <array>

namespace tally::query {
namespace {

struct Macro {
    std::string_view name;
    std::string_view definition;
};

// `system.main` is where DuckDB's own functions live: a macro may use the one it stands before.
// repeat, replace and their like are DuckDB's, but refuse to build very large values: a call cannot be
// interrupted, and its memory is outside DuckDB's limit.
constexpr std::array kMacros = {
    Macro{"regexp_extract",
          "CREATE MACRO regexp_extract(s, p) AS CASE WHEN regexp_matches(s, p) "
          "THEN system.main.regexp_extract(s, p) END, "
          "(s, p, g) AS CASE WHEN regexp_matches(s, p) THEN system.main.regexp_extract(s, p, g) END;"},
    Macro{"regexp_like", "CREATE MACRO regexp_like(s, p) AS regexp_matches(s, p);"},
    Macro{"regexp_split", "CREATE MACRO regexp_split(s, p) AS string_split_regex(s, p);"},
    Macro{"from_unixtime", "CREATE MACRO from_unixtime(x) AS to_timestamp(CAST(x AS DOUBLE));"},
    Macro{"to_unixtime", "CREATE MACRO to_unixtime(t) AS epoch(t);"},
    Macro{"date_format",
          "CREATE MACRO date_format(t, f) AS strftime(t, list_reduce([['', f], ['%M', '%B'], ['%i', '%M'], "
          "['%s', '%S'], ['%T', '%H:%M:%S'], ['%W', '%A'], ['%h', '%I'], ['%e', '%-d'], ['%c', '%-m'], "
          "['%k', '%-H'], ['%l', '%-I'], ['%r', '%I:%M:%S %p']], "
          "lambda done, step: ['', system.main.replace(done[2], step[1], step[2])])[2]);"},
    Macro{
        "date_add",
        "CREATE MACRO date_add(d, i) AS d + i, (u, n, d) AS CASE lower(u) "
        "WHEN 'millisecond' THEN d + to_milliseconds(n) WHEN 'second' THEN d + to_seconds(n) "
        "WHEN 'minute' THEN d + to_minutes(n) WHEN 'hour' THEN d + to_hours(n) "
        "WHEN 'day' THEN d + to_days(n) WHEN 'week' THEN d + to_weeks(n) WHEN 'month' THEN d + to_months(n) "
        "WHEN 'quarter' THEN d + to_months(3 * n) WHEN 'year' THEN d + to_years(n) "
        "ELSE error('date_add does not know the unit ' || u) END;"},
    Macro{"day_of_week", "CREATE MACRO day_of_week(t) AS isodow(t);"},
    Macro{"day_of_month", "CREATE MACRO day_of_month(t) AS day(t);"},
    Macro{"day_of_year", "CREATE MACRO day_of_year(t) AS dayofyear(t);"},
    Macro{"week_of_year", "CREATE MACRO week_of_year(t) AS week(t);"},
    Macro{"year_of_week", "CREATE MACRO year_of_week(t) AS isoyear(t);"},
    Macro{"last_day_of_month", "CREATE MACRO last_day_of_month(t) AS last_day(t);"},
    Macro{"at_timezone", "CREATE MACRO at_timezone(t, z) AS timezone(z, t);"},
    Macro{"to_iso8601",
          "CREATE MACRO to_iso8601(t) AS strftime(CAST(t AS TIMESTAMPTZ), '%Y-%m-%dT%H:%M:%S.%gZ');"},
    Macro{"from_iso8601_timestamp", "CREATE MACRO from_iso8601_timestamp(s) AS CAST(s AS TIMESTAMPTZ);"},
    Macro{"from_iso8601_date", "CREATE MACRO from_iso8601_date(s) AS CAST(s AS DATE);"},
    Macro{"approx_distinct", "CREATE MACRO approx_distinct(x) AS approx_count_distinct(x);"},
    Macro{"approx_percentile", "CREATE MACRO approx_percentile(x, p) AS approx_quantile(x, p);"},
    Macro{"array_join",
          "CREATE MACRO array_join(l, d) AS CASE WHEN len(l) * strlen(d) > 67108864 "
          "THEN error('array_join would build more than 64 MiB') ELSE system.main.array_to_string(l, d) END, "
          "(l, d, n) AS CASE WHEN len(l) * (strlen(d) + strlen(n)) > 67108864 "
          "THEN error('array_join would build more than 64 MiB') ELSE "
          "system.main.array_to_string([coalesce(CAST(x AS VARCHAR), n) for x in l], d) END;"},
    Macro{"element_at", "CREATE MACRO element_at(c, i) AS c[i];"},
    Macro{"json_extract_scalar", "CREATE MACRO json_extract_scalar(j, p) AS json_extract_string(j, p);"},
    Macro{"url_extract_parameter",
          "CREATE MACRO url_extract_parameter(u, n) AS CASE WHEN "
          "regexp_matches(u, '[?&]' || regexp_escape(n) || '(=|&|#|$)') THEN "
          "url_decode(system.main.regexp_extract(u, '[?&]' || regexp_escape(n) || '=?([^&#]*)', 1)) END;"},
    Macro{"url_extract_host",
          "CREATE MACRO url_extract_host(u) AS "
          "nullif(system.main.regexp_extract(u, '^[a-zA-Z][-+.a-zA-Z0-9]*://(?:[^/?#@]*@)?([^/?#:]*)', 1), "
          "'');"},
    Macro{"url_extract_path",
          "CREATE MACRO url_extract_path(u) AS "
          "system.main.regexp_extract(u, '^(?:[a-zA-Z][-+.a-zA-Z0-9]*://[^/?#]*)?([^?#]*)', 1);"},
    Macro{"from_utf8", "CREATE MACRO from_utf8(b) AS decode(b);"},
    Macro{"to_utf8", "CREATE MACRO to_utf8(s) AS encode(s);"},
    Macro{"truncate", "CREATE MACRO truncate(x) AS trunc(x);"},
    Macro{"every", "CREATE MACRO every(x) AS bool_and(x);"},
    Macro{"repeat",
          "CREATE MACRO repeat(s, n) AS CASE WHEN strlen(s) * n > 16777216 "
          "THEN error('repeat would build more than 16 MiB') ELSE system.main.repeat(s, n) END;"},
    Macro{"lpad",
          "CREATE MACRO lpad(s, n, f) AS CASE WHEN n > 16777216 "
          "THEN error('lpad would build more than 16 MiB') ELSE system.main.lpad(s, n, f) END;"},
    Macro{"rpad",
          "CREATE MACRO rpad(s, n, f) AS CASE WHEN n > 16777216 "
          "THEN error('rpad would build more than 16 MiB') ELSE system.main.rpad(s, n, f) END;"},
    Macro{"replace",
          "CREATE MACRO replace(s, f, t) AS CASE WHEN (strlen(s) + 1) * strlen(t) > 67108864 "
          "THEN error('replace could build more than 64 MiB') ELSE system.main.replace(s, f, t) END;"},
    Macro{"regexp_replace",
          "CREATE MACRO regexp_replace(s, p) AS system.main.regexp_replace(s, p, '', 'g'), "
          "(s, p, r) AS CASE WHEN (strlen(s) + 1) * strlen(r) > 67108864 "
          "THEN error('regexp_replace could build more than 64 MiB') ELSE system.main.regexp_replace(s, p, "
          "system.main.regexp_replace(r, '\\$([0-9])', '\\\\\\1', 'g'), 'g') END;"},
    Macro{"array_to_string",
          "CREATE MACRO array_to_string(l, d) AS CASE WHEN len(l) * strlen(d) > 67108864 "
          "THEN error('array_to_string would build more than 64 MiB') "
          "ELSE system.main.array_to_string(l, d) END;"},
};

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

}  // namespace

std::string macros_for(std::string_view sql) {
    const std::string text = lower(sql);
    std::string definitions;
    for (const Macro& macro : kMacros)
        if (text.find(macro.name) != std::string::npos)
            definitions += macro.definition;
    return definitions;
}

}  // namespace tally::query
