-- Usage in a time range, summed as the published samples do.
-- Inputs: $1, $2 from and to (microseconds since 1970, to exclusive); $3 customer or null; $4 key or null;
--   $5 the window (none, hour, day, month); $6 its IANA time zone; $7-$15 which dimensions split the rows;
--   in the place of the words in braces, the response headers that do.
-- Output: the dimensions as text (null where not asked for or not known), the headers, the window's start as local time and,
--   for hours, the zone's offset then (both in microseconds; two hours of a fold differ in it), then the sums.
-- Grain: one row a combination of dimensions and window that has a request; none without requests.
WITH wanted AS (
    SELECT
        *,
        -- timezone() says the same for UTC, thirty times slower.
        CASE WHEN $6::VARCHAR = 'UTC' THEN make_timestamp(epoch_us("timestamp"))
             ELSE timezone($6::VARCHAR, "timestamp") END AS local_time
    FROM requests
    WHERE "timestamp" >= make_timestamptz($1::BIGINT)
      AND "timestamp" < make_timestamptz($2::BIGINT)
      AND ($3::VARCHAR IS NULL OR customer_id = $3::VARCHAR)
      AND ($4::VARCHAR IS NULL OR api_key_id = $4::VARCHAR)
)
SELECT
    CASE WHEN $7::BOOLEAN THEN api_key_id END AS api_key,
    CASE WHEN $8::BOOLEAN THEN customer_id END AS customer,
    CASE WHEN $9::BOOLEAN THEN cs_uri_stem END AS path,
    CASE WHEN $10::BOOLEAN THEN CAST(sc_status AS VARCHAR) END AS status,
    CASE WHEN $11::BOOLEAN THEN c_country END AS country,
    CASE WHEN $12::BOOLEAN THEN cs_method END AS method,
    CASE WHEN $13::BOOLEAN THEN x_edge_result_type END AS result_type,
    CASE WHEN $14::BOOLEAN THEN stage END AS stage,
    CASE WHEN $15::BOOLEAN THEN plan END AS plan,
    {headers}
    epoch_us(CASE $5::VARCHAR
        WHEN 'hour' THEN date_trunc('hour', local_time)
        WHEN 'day' THEN date_trunc('day', local_time)
        WHEN 'month' THEN CAST(date_trunc('month', local_time) AS TIMESTAMP)
    END) AS local_start_us,
    CASE WHEN $5::VARCHAR = 'hour' THEN epoch_us(local_time) - epoch_us("timestamp") END AS offset_us,
    count(*) AS requests,
    coalesce(sum(sc_bytes), 0) AS bytes_out,
    coalesce(sum(cs_bytes), 0) AS bytes_in,
    avg(time_taken) * 1000 AS average_time_ms,
    count(*) FILTER (WHERE sc_status BETWEEN 200 AND 399) AS successes,
    count(*) FILTER (WHERE sc_status >= 400) AS errors,
    count(*) FILTER (WHERE x_edge_result_type IN ('Hit', 'RefreshHit')) AS hits,
    count(*) FILTER (WHERE x_edge_result_type = 'Miss') AS misses,
    count(DISTINCT c_country) AS countries
FROM wanted
GROUP BY ALL
ORDER BY local_start_us, offset_us DESC, api_key, customer, path, status, country, method, result_type, stage, plan{header_names}
