-- name: create_schema_versions
CREATE TABLE IF NOT EXISTS schema_versions (
    version    INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    applied_at INTEGER NOT NULL
)

-- name: has_schema_versions
SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_versions'

-- name: schema_version
SELECT coalesce(max(version), 0) FROM schema_versions

-- name: add_schema_version
INSERT INTO schema_versions (version, name, applied_at) VALUES (:version, :name, :applied_at)
