-- Columns of a key, always in this order: id, customer_id, name, usage_plan_id and plan_name (null = none), prefix,
-- last4, hmac, digest_low, digest_high, status, created_at, revoked_at, expires_at, plan_since, position, issuer,
-- principal.

-- name: insert_key
INSERT INTO api_keys (id, customer_id, name, usage_plan_id, prefix, last4, hmac, digest_low, digest_high, status,
                      created_at, revoked_at, expires_at, plan_since, issuer, principal)
VALUES (:id, :customer_id, :name, :usage_plan_id, :prefix, :last4, :hmac, :digest_low, :digest_high, :status,
        :created_at, :revoked_at, :expires_at, :plan_since, :issuer, :principal)

-- name: update_key
UPDATE api_keys SET status = :status, revoked_at = :revoked_at, expires_at = :expires_at WHERE id = :id

-- name: change_key
UPDATE api_keys SET name = :name, usage_plan_id = :usage_plan_id, plan_since = :plan_since WHERE id = :id

-- name: find_key
SELECT id, customer_id, name, usage_plan_id, plan_name, prefix, last4, hmac, digest_low, digest_high, status,
       created_at, revoked_at, expires_at, plan_since, position, issuer, principal
FROM keys_with_plans WHERE id = :id

-- name: find_key_by_digest
SELECT id, customer_id, name, usage_plan_id, plan_name, prefix, last4, hmac, digest_low, digest_high, status,
       created_at, revoked_at, expires_at, plan_since, position, issuer, principal
FROM keys_with_plans WHERE digest_low = :low AND digest_high = :high

-- Up to two rows: whether a name is unique.
-- name: find_keys_by_name
SELECT id, customer_id, name, usage_plan_id, plan_name, prefix, last4, hmac, digest_low, digest_high, status,
       created_at, revoked_at, expires_at, plan_since, position, issuer, principal
FROM keys_with_plans WHERE name = :name
ORDER BY position LIMIT 2

-- name: list_keys
SELECT id, customer_id, name, usage_plan_id, plan_name, prefix, last4, hmac, digest_low, digest_high, status,
       created_at, revoked_at, expires_at, plan_since, position, issuer, principal
FROM keys_with_plans WHERE position > :after
ORDER BY position LIMIT :limit

-- name: list_keys_of_customer
SELECT id, customer_id, name, usage_plan_id, plan_name, prefix, last4, hmac, digest_low, digest_high, status,
       created_at, revoked_at, expires_at, plan_since, position, issuer, principal
FROM keys_with_plans WHERE position > :after AND customer_id = :customer_id
ORDER BY position LIMIT :limit

-- name: list_keys_of_plan
SELECT id, customer_id, name, usage_plan_id, plan_name, prefix, last4, hmac, digest_low, digest_high, status,
       created_at, revoked_at, expires_at, plan_since, position, issuer, principal
FROM keys_with_plans WHERE position > :after AND usage_plan_id = :usage_plan_id
ORDER BY position LIMIT :limit

-- name: keys_past_their_end
SELECT id, customer_id, name, usage_plan_id, plan_name, prefix, last4, hmac, digest_low, digest_high, status,
       created_at, revoked_at, expires_at, plan_since, position, issuer, principal
FROM keys_with_plans WHERE status = 'active' AND expires_at <= :now

-- name: key_position
SELECT position FROM api_keys WHERE id = :id
