-- Columns of an entry: sequence, at, action, subject, detail, previous_hash, hash.

-- name: newest_audit_entry
SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1

-- name: append_audit_entry
INSERT INTO audit_log (sequence, at, action, subject, detail, previous_hash, hash)
VALUES (:sequence, :at, :action, :subject, :detail, :previous_hash, :hash)

-- name: list_audit_entries
SELECT sequence, at, action, subject, detail, previous_hash, hash
FROM audit_log WHERE sequence > :after
ORDER BY sequence LIMIT :limit
