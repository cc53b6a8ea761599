-- Times are microseconds since 1970-01-01T00:00:00Z. Money and quantities are decimal texts. `position` is the
-- order of creation, which lists follow. A statement ends with a semicolon at the end of a line.

CREATE TABLE customers (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    external_id TEXT UNIQUE,
    name        TEXT NOT NULL,
    timezone    TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
);

CREATE INDEX customers_by_name ON customers (name);

CREATE TABLE usage_plans (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    created_at  INTEGER NOT NULL
);

-- The key itself is nowhere: hmac is HMAC-SHA-256 under the folder's pepper, digest_* is SipHash-128 under its key.
CREATE TABLE api_keys (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    customer_id TEXT NOT NULL REFERENCES customers (id),
    name        TEXT NOT NULL,
    usage_plan  TEXT NOT NULL,
    prefix      TEXT NOT NULL,
    last4       TEXT NOT NULL,
    hmac        TEXT NOT NULL UNIQUE,
    digest_low  INTEGER NOT NULL,
    digest_high INTEGER NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('active', 'revoked')),
    created_at  INTEGER NOT NULL,
    revoked_at  INTEGER,
    expires_at  INTEGER,
    UNIQUE (digest_low, digest_high)
);

CREATE INDEX api_keys_by_name ON api_keys (name);
CREATE INDEX api_keys_by_customer ON api_keys (customer_id, position);

CREATE TABLE meters (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    code        TEXT NOT NULL,
    version     INTEGER NOT NULL,
    source      TEXT NOT NULL,
    aggregation TEXT NOT NULL,
    value       TEXT NOT NULL,
    scale       TEXT NOT NULL,
    filter      TEXT NOT NULL,
    group_by    TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    archived_at INTEGER,
    UNIQUE (code, version)
);

CREATE TABLE plans (
    position     INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    code         TEXT NOT NULL,
    version      INTEGER NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('draft', 'published', 'archived')),
    name         TEXT NOT NULL,
    currency     TEXT NOT NULL,
    document     TEXT NOT NULL,
    digest       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    published_at INTEGER,
    archived_at  INTEGER,
    UNIQUE (code, version)
);

-- What a version says is for ever; only its status moves.
CREATE TRIGGER plans_are_immutable BEFORE UPDATE OF id, code, version, name, currency, document, digest ON plans
BEGIN SELECT RAISE(ABORT, 'a plan version never changes'); END;

CREATE TABLE subscriptions (
    position     INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    customer_id  TEXT NOT NULL REFERENCES customers (id),
    plan_code    TEXT NOT NULL,
    plan_version INTEGER NOT NULL,
    starts_at    INTEGER NOT NULL,
    ends_at      INTEGER,
    status       TEXT NOT NULL CHECK (status IN ('active', 'canceled')),
    created_at   INTEGER NOT NULL,
    canceled_at  INTEGER,
    FOREIGN KEY (plan_code, plan_version) REFERENCES plans (code, version)
);

CREATE INDEX subscriptions_by_customer ON subscriptions (customer_id, position);

-- `document` is the whole invoice; the columns beside it are for finding it and for the rules below.
CREATE TABLE invoices (
    position        INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    customer_id     TEXT NOT NULL REFERENCES customers (id),
    subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
    period_from     INTEGER NOT NULL,
    period_to       INTEGER NOT NULL CHECK (period_to > period_from),
    status          TEXT NOT NULL CHECK (status IN ('draft', 'final', 'void')),
    revision        INTEGER NOT NULL,
    number          TEXT UNIQUE,
    document        TEXT NOT NULL
);

-- Nobody is billed twice for one period.
CREATE UNIQUE INDEX invoices_one_a_period ON invoices (subscription_id, period_from, period_to)
WHERE status <> 'void';
CREATE INDEX invoices_by_customer ON invoices (customer_id, position);

CREATE TRIGGER invoices_stay BEFORE DELETE ON invoices
BEGIN SELECT RAISE(ABORT, 'invoices are voided, not deleted'); END;

CREATE TABLE invoice_series (
    series        TEXT PRIMARY KEY,
    last_sequence INTEGER NOT NULL,
    last_hash     TEXT NOT NULL
);

CREATE TABLE table_pointers (
    name     TEXT PRIMARY KEY,
    location TEXT NOT NULL
);

CREATE TABLE idempotency_keys (
    idempotency_key TEXT PRIMARY KEY,
    request_digest  TEXT NOT NULL,
    begun_at        INTEGER NOT NULL,
    status          INTEGER,
    content_type    TEXT,
    body            TEXT
);

CREATE TABLE audit_log (
    sequence      INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,
    action        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    detail        TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash          TEXT NOT NULL
);

CREATE TRIGGER audit_log_only_grows BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
