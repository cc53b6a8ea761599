-- name: find_idempotency_key
SELECT request_digest, status, content_type, body FROM idempotency_keys WHERE idempotency_key = :key

-- name: begin_idempotency_key
INSERT INTO idempotency_keys (idempotency_key, request_digest, begun_at) VALUES (:key, :digest, :at)

-- name: finish_idempotency_key
UPDATE idempotency_keys SET status = :status, content_type = :content_type, body = :body
WHERE idempotency_key = :key AND status IS NULL

-- name: abandon_idempotency_key
DELETE FROM idempotency_keys WHERE idempotency_key = :key AND status IS NULL
