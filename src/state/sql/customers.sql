-- Columns of a customer, always in this order: id, external_id (null = none), name, timezone, created_at,
-- updated_at. At most one row a query but where said.

-- name: insert_customer
INSERT INTO customers (id, external_id, name, timezone, created_at, updated_at)
VALUES (:id, :external_id, :name, :timezone, :created_at, :updated_at)

-- name: update_customer
UPDATE customers
SET external_id = :external_id, name = :name, timezone = :timezone, updated_at = :updated_at
WHERE id = :id

-- name: find_customer
SELECT id, external_id, name, timezone, created_at, updated_at
FROM customers WHERE id = :id

-- name: find_customer_by_external_id
SELECT id, external_id, name, timezone, created_at, updated_at
FROM customers WHERE external_id = :external_id

-- Up to two rows: whether a name is unique.
-- name: find_customers_by_name
SELECT id, external_id, name, timezone, created_at, updated_at
FROM customers WHERE name = :name
ORDER BY position LIMIT 2

-- name: list_customers
SELECT id, external_id, name, timezone, created_at, updated_at
FROM customers WHERE position > :after
ORDER BY position LIMIT :limit

-- name: customer_position
SELECT position FROM customers WHERE id = :id
