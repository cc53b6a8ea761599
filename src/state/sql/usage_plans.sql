-- Columns of a usage plan: id, name, description, created_at.

-- name: insert_usage_plan
INSERT INTO usage_plans (id, name, description, created_at)
VALUES (:id, :name, :description, :created_at)

-- name: find_usage_plan
SELECT id, name, description, created_at FROM usage_plans WHERE id = :id

-- name: find_usage_plan_by_name
SELECT id, name, description, created_at FROM usage_plans WHERE name = :name

-- name: list_usage_plans
SELECT id, name, description, created_at
FROM usage_plans WHERE position > :after
ORDER BY position LIMIT :limit

-- name: usage_plan_position
SELECT position FROM usage_plans WHERE id = :id
