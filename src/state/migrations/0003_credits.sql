-- Customers who pay ahead. An account is the time in which one does; how grants are used up in which order is
-- not said here yet: they are added up.

CREATE TABLE credit_accounts (
    position     INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    customer_id  TEXT NOT NULL REFERENCES customers (id),
    currency     TEXT NOT NULL,
    since        INTEGER NOT NULL,
    ended_at     INTEGER,
    settled_at   INTEGER NOT NULL,
    settled_used INTEGER NOT NULL
);

CREATE UNIQUE INDEX credit_accounts_one_open ON credit_accounts (customer_id) WHERE ended_at IS NULL;

CREATE TABLE credit_grants (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    account_id  TEXT NOT NULL REFERENCES credit_accounts (id),
    customer_id TEXT NOT NULL REFERENCES customers (id),
    amount      TEXT NOT NULL,
    currency    TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    voided_at   INTEGER,
    void_reason TEXT NOT NULL DEFAULT ''
);

CREATE INDEX credit_grants_by_account ON credit_grants (account_id, position);
CREATE INDEX credit_grants_by_customer ON credit_grants (customer_id, position);

CREATE TRIGGER credit_grants_are_immutable
BEFORE UPDATE OF id, account_id, customer_id, amount, currency, description, created_at ON credit_grants
BEGIN SELECT RAISE(ABORT, 'a grant never changes'); END;
CREATE TRIGGER credit_grants_stay BEFORE DELETE ON credit_grants
BEGIN SELECT RAISE(ABORT, 'grants are voided, not deleted'); END;
