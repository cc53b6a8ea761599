-- Columns of a meter, always in this order: id, code, version, source, aggregation, value, scale, filter,
-- group_by (JSON list), created_at, archived_at.

-- name: insert_meter
INSERT INTO meters (id, code, version, source, aggregation, value, scale, filter, group_by, created_at, archived_at)
VALUES (:id, :code, :version, :source, :aggregation, :value, :scale, :filter, :group_by, :created_at, :archived_at)

-- name: archive_meter
UPDATE meters SET archived_at = coalesce(archived_at, :at) WHERE code = :code

-- name: find_meter
SELECT id, code, version, source, aggregation, value, scale, filter, group_by, created_at, archived_at
FROM meters WHERE id = :id

-- name: find_meter_version
SELECT id, code, version, source, aggregation, value, scale, filter, group_by, created_at, archived_at
FROM meters WHERE code = :code AND version = :version

-- name: find_newest_meter
SELECT id, code, version, source, aggregation, value, scale, filter, group_by, created_at, archived_at
FROM meters WHERE code = :code
ORDER BY version DESC LIMIT 1

-- The newest version of each code; a code stands where its newest version was created.
-- name: list_meters
SELECT id, code, version, source, aggregation, value, scale, filter, group_by, created_at, archived_at
FROM meters
WHERE position > :after
  AND NOT EXISTS (SELECT 1 FROM meters AS newer WHERE newer.code = meters.code AND newer.version > meters.version)
ORDER BY position LIMIT :limit

-- name: meter_position
SELECT position FROM meters WHERE id = :id
