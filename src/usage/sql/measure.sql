-- One meter's value for one customer and period, exact and independent of the order in which rows are read.
-- Inputs: $1 customer; $2, $3 from and to (microseconds since 1970, to exclusive).
-- The words in braces are filled from lists of allowed columns and from a checked condition: groups are the
--   grouping columns, group_names their names, value the metered column as a whole number or text, filter the
--   meter's condition, present what a row must have to count, sent what a row has whose value is skipped when
--   it cannot be read, aggregate the aggregate over value.
-- Output: the groups, the aggregate as text (null without rows), the number of rows, the digest (see
--   docs/formats/meter.md), the number of rows that were skipped.
-- Grain: one row a group; without groups exactly one row.
WITH metered AS (
    SELECT
        {groups}
        {value} AS value,
        {sent} AS was_sent,
        "timestamp" AS moment,
        record_id AS id
    FROM requests
    WHERE customer_id = $1::VARCHAR
      AND "timestamp" >= make_timestamptz($2::BIGINT)
      AND "timestamp" < make_timestamptz($3::BIGINT)
      AND coalesce(auth_result, 'identified') = 'identified'
      AND coalesce(x_edge_result_type, '') NOT IN ('LimitExceeded', 'CapacityExceeded')
      AND (
{filter}
      )
),
hashed AS (
    SELECT
        *,
        was_sent AND value IS NULL AS is_skipped,
        CASE WHEN NOT is_skipped THEN md5_number(id || ':' || coalesce(CAST(value AS VARCHAR), '')) END AS hash
    FROM metered
    WHERE {present} OR was_sent
)
SELECT
    {group_names}
    CAST({aggregate} AS VARCHAR) AS quantity,
    count(*) FILTER (WHERE NOT is_skipped) AS "rows",
    format(
        '{:016x}{:016x}',
        CAST(coalesce(sum(CAST(hash & 18446744073709551615 AS UBIGINT)), 0) % 18446744073709551616 AS UBIGINT),
        CAST(coalesce(sum(CAST(hash >> 64 AS UBIGINT)), 0) % 18446744073709551616 AS UBIGINT)) AS digest,
    count(*) FILTER (WHERE is_skipped) AS skipped
FROM hashed
{group_by}
