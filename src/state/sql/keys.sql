-- Columns of a key, always in this order: id, customer_id, name, usage_plan, prefix, last4, hmac, digest_low,
-- digest_high, status, created_at, revoked_at, expires_at.

-- name: insert_key
INSERT INTO api_keys (id, customer_id, name, usage_plan, prefix, last4, hmac, digest_low, digest_high, status,
                      created_at, revoked_at, expires_at)
VALUES (:id, :customer_id, :name, :usage_plan, :prefix, :last4, :hmac, :digest_low, :digest_high, :status,
        :created_at, :revoked_at, :expires_at)

-- name: update_key
UPDATE api_keys SET status = :status, revoked_at = :revoked_at, expires_at = :expires_at WHERE id = :id

-- name: find_key
SELECT id, customer_id, name, usage_plan, prefix, last4, hmac, digest_low, digest_high, status, created_at,
       revoked_at, expires_at
FROM api_keys WHERE id = :id

-- name: find_key_by_digest
SELECT id, customer_id, name, usage_plan, prefix, last4, hmac, digest_low, digest_high, status, created_at,
       revoked_at, expires_at
FROM api_keys WHERE digest_low = :low AND digest_high = :high

-- Up to two rows: whether a name is unique.
-- name: find_keys_by_name
SELECT id, customer_id, name, usage_plan, prefix, last4, hmac, digest_low, digest_high, status, created_at,
       revoked_at, expires_at
FROM api_keys WHERE name = :name
ORDER BY position LIMIT 2

-- name: list_keys
SELECT id, customer_id, name, usage_plan, prefix, last4, hmac, digest_low, digest_high, status, created_at,
       revoked_at, expires_at
FROM api_keys WHERE position > :after
ORDER BY position LIMIT :limit

-- name: list_keys_of_customer
SELECT id, customer_id, name, usage_plan, prefix, last4, hmac, digest_low, digest_high, status, created_at,
       revoked_at, expires_at
FROM api_keys WHERE position > :after AND customer_id = :customer_id
ORDER BY position LIMIT :limit

-- name: key_position
SELECT position FROM api_keys WHERE id = :id
