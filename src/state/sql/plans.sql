-- Columns of a plan version, always in this order: id, code, version, status, name, currency, document, digest,
-- created_at, published_at, archived_at.

-- name: newest_plan_version
SELECT coalesce(max(version), 0) FROM plans WHERE code = :code

-- name: insert_plan
INSERT INTO plans (id, code, version, status, name, currency, document, digest, created_at, published_at,
                   archived_at)
VALUES (:id, :code, :version, :status, :name, :currency, :document, :digest, :created_at, :published_at,
        :archived_at)

-- name: update_plan_status
UPDATE plans SET status = :status, published_at = :published_at, archived_at = :archived_at WHERE id = :id

-- name: find_plan
SELECT id, code, version, status, name, currency, document, digest, created_at, published_at, archived_at
FROM plans WHERE id = :id

-- name: find_plan_version
SELECT id, code, version, status, name, currency, document, digest, created_at, published_at, archived_at
FROM plans WHERE code = :code AND version = :version

-- All versions of a code, newest first.
-- name: plan_versions
SELECT id, code, version, status, name, currency, document, digest, created_at, published_at, archived_at
FROM plans WHERE code = :code
ORDER BY version DESC

-- The newest version of each code; a code stands where its newest version was created.
-- name: list_plans
SELECT id, code, version, status, name, currency, document, digest, created_at, published_at, archived_at
FROM plans
WHERE position > :after
  AND NOT EXISTS (SELECT 1 FROM plans AS newer WHERE newer.code = plans.code AND newer.version > plans.version)
ORDER BY position LIMIT :limit

-- name: plan_position
SELECT position FROM plans WHERE id = :id
