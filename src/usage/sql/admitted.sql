-- How many requests of a customer the edge let in.
-- Inputs: $1 customer; $2, $3 from and to (microseconds since 1970, to exclusive).
-- Output: requests. What was answered because a limit was reached, or because there was no room for a record, was
--   not let in.
-- Grain: exactly one row.
SELECT count(*) AS requests
FROM requests
WHERE customer_id = $1::VARCHAR
  AND "timestamp" >= make_timestamptz($2::BIGINT)
  AND "timestamp" < make_timestamptz($3::BIGINT)
  AND coalesce(auth_result, 'identified') = 'identified'
  AND coalesce(x_edge_result_type, '') NOT IN ('LimitExceeded', 'CapacityExceeded')
