-- Columns of a usage plan, always in this order: id, name, description, limits, quota_since (null = no quota),
-- created_at, updated_at, position. At most one row a query but where said.

-- name: insert_usage_plan
INSERT INTO usage_plans (id, name, description, limits, quota_since, created_at, updated_at)
VALUES (:id, :name, :description, :limits, :quota_since, :created_at, :updated_at)

-- name: update_usage_plan
UPDATE usage_plans
SET name = :name, description = :description, limits = :limits, quota_since = :quota_since,
    updated_at = :updated_at
WHERE id = :id

-- name: find_usage_plan
SELECT id, name, description, limits, quota_since, created_at, updated_at, position
FROM usage_plans WHERE id = :id

-- name: find_usage_plan_by_name
SELECT id, name, description, limits, quota_since, created_at, updated_at, position
FROM usage_plans WHERE name = :name

-- name: list_usage_plans
SELECT id, name, description, limits, quota_since, created_at, updated_at, position
FROM usage_plans WHERE position > :after
ORDER BY position LIMIT :limit

-- name: usage_plan_position
SELECT position FROM usage_plans WHERE id = :id

-- How many active keys are under it, and one of them.
-- name: active_keys_of_usage_plan
SELECT count(*), min(id) FROM api_keys WHERE usage_plan_id = :id AND status = 'active'

-- name: leave_usage_plan
UPDATE api_keys SET usage_plan_id = NULL, plan_since = NULL WHERE usage_plan_id = :id

-- name: delete_usage_plan
DELETE FROM usage_plans WHERE id = :id
