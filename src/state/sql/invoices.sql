-- An invoice is read from its document alone.

-- name: insert_invoice
INSERT INTO invoices (id, customer_id, subscription_id, period_from, period_to, status, revision, number, document)
VALUES (:id, :customer_id, :subscription_id, :period_from, :period_to, :status, :revision, :number, :document)

-- Only a row of the expected revision and status is written: the number of rows says whether the race was won.
-- name: update_invoice
UPDATE invoices
SET status = :status, revision = :revision, number = :number, document = :document
WHERE id = :id AND revision = :expected_revision

-- name: find_invoice
SELECT document FROM invoices WHERE id = :id

-- name: find_invoice_by_number
SELECT document FROM invoices WHERE number = :number

-- The invoice that has a subscription's period: the one that is not void, else the newest void one.
-- name: find_invoice_of_period
SELECT document FROM invoices
WHERE subscription_id = :subscription_id AND period_from = :period_from AND period_to = :period_to
ORDER BY status = 'void', position DESC LIMIT 1

-- Another invoice that has a part of a subscription's period, e.g. because the zone was changed.
-- name: find_overlapping_invoice
SELECT document FROM invoices
WHERE subscription_id = :subscription_id AND period_from < :period_to AND period_to > :period_from
  AND status <> 'void'
ORDER BY position LIMIT 1

-- name: find_newest_invoice_of_subscription
SELECT document FROM invoices
WHERE subscription_id = :subscription_id AND status <> 'void'
ORDER BY position DESC LIMIT 1

-- An empty customer or status means all of them.
-- name: list_invoices
SELECT document FROM invoices
WHERE position > :after AND (:customer_id = '' OR customer_id = :customer_id)
  AND (:status = '' OR status = :status)
ORDER BY position LIMIT :limit

-- name: invoice_position
SELECT position FROM invoices WHERE id = :id

-- name: read_series
SELECT last_sequence, last_hash FROM invoice_series WHERE series = :series

-- name: advance_series
INSERT INTO invoice_series (series, last_sequence, last_hash) VALUES (:series, :last_sequence, :last_hash)
ON CONFLICT (series) DO UPDATE SET last_sequence = excluded.last_sequence, last_hash = excluded.last_hash
