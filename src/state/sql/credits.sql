-- Columns of an account, always in this order: id, customer_id, ordinal (the customer's position), currency, since,
-- ended_at (null = open), settled_at, settled_used. Columns of a grant: id, account_id, customer_id, amount,
-- currency, description, created_at, voided_at (null = not void), void_reason.

-- name: insert_credit_account
INSERT INTO credit_accounts (id, customer_id, currency, since, settled_at, settled_used)
VALUES (:id, :customer_id, :currency, :since, :settled_at, :settled_used)

-- name: find_open_credit_account
SELECT a.id, a.customer_id, c.position, a.currency, a.since, a.ended_at, a.settled_at, a.settled_used
FROM credit_accounts a JOIN customers c ON c.id = a.customer_id
WHERE a.customer_id = :customer_id AND a.ended_at IS NULL

-- name: list_open_credit_accounts
SELECT a.id, a.customer_id, c.position, a.currency, a.since, a.ended_at, a.settled_at, a.settled_used
FROM credit_accounts a JOIN customers c ON c.id = a.customer_id
WHERE a.ended_at IS NULL
ORDER BY a.position

-- name: end_credit_account
UPDATE credit_accounts SET ended_at = :ended_at WHERE customer_id = :customer_id AND ended_at IS NULL

-- name: settle_credit_account
UPDATE credit_accounts SET settled_at = :settled_at, settled_used = :settled_used WHERE id = :id

-- name: insert_credit_grant
INSERT INTO credit_grants (id, account_id, customer_id, amount, currency, description, created_at)
VALUES (:id, :account_id, :customer_id, :amount, :currency, :description, :created_at)

-- name: find_credit_grant
SELECT id, account_id, customer_id, amount, currency, description, created_at, voided_at, void_reason
FROM credit_grants WHERE id = :id

-- name: void_credit_grant
UPDATE credit_grants SET voided_at = :voided_at, void_reason = :void_reason WHERE id = :id

-- An empty customer means all of them.
-- name: list_credit_grants
SELECT id, account_id, customer_id, amount, currency, description, created_at, voided_at, void_reason
FROM credit_grants WHERE position > :after AND (:customer_id = '' OR customer_id = :customer_id)
ORDER BY position LIMIT :limit

-- Amounts are exact texts, which SQL cannot add up.
-- name: amounts_of_credit_account
SELECT amount FROM credit_grants WHERE account_id = :account_id AND voided_at IS NULL

-- name: credit_grant_position
SELECT position FROM credit_grants WHERE id = :id
