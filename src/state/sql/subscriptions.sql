-- Columns of a subscription, always in this order: id, customer_id, plan_code, plan_version, starts_at, ends_at
-- (null = without end), status, created_at, canceled_at.

-- name: insert_subscription
INSERT INTO subscriptions (id, customer_id, plan_code, plan_version, starts_at, ends_at, status, created_at,
                           canceled_at)
VALUES (:id, :customer_id, :plan_code, :plan_version, :starts_at, :ends_at, :status, :created_at, :canceled_at)

-- name: update_subscription
UPDATE subscriptions SET status = :status, ends_at = :ends_at, canceled_at = :canceled_at WHERE id = :id

-- name: find_subscription
SELECT id, customer_id, plan_code, plan_version, starts_at, ends_at, status, created_at, canceled_at
FROM subscriptions WHERE id = :id

-- name: list_subscriptions
SELECT id, customer_id, plan_code, plan_version, starts_at, ends_at, status, created_at, canceled_at
FROM subscriptions WHERE position > :after
ORDER BY position LIMIT :limit

-- name: list_subscriptions_of_customer
SELECT id, customer_id, plan_code, plan_version, starts_at, ends_at, status, created_at, canceled_at
FROM subscriptions WHERE position > :after AND customer_id = :customer_id
ORDER BY position LIMIT :limit

-- Those that have an instant in [:period_from, :period_to).
-- name: overlapping_subscriptions
SELECT id, customer_id, plan_code, plan_version, starts_at, ends_at, status, created_at, canceled_at
FROM subscriptions
WHERE starts_at < :period_to AND (ends_at IS NULL OR ends_at > :period_from)
ORDER BY position

-- name: overlapping_subscriptions_of_customer
SELECT id, customer_id, plan_code, plan_version, starts_at, ends_at, status, created_at, canceled_at
FROM subscriptions
WHERE starts_at < :period_to AND (ends_at IS NULL OR ends_at > :period_from) AND customer_id = :customer_id
ORDER BY position

-- name: subscription_position
SELECT position FROM subscriptions WHERE id = :id
