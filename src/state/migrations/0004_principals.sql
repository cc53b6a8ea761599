-- A key may be a principal of a token issuer instead of a value that callers send; both texts are empty for the others.
ALTER TABLE api_keys ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN principal TEXT NOT NULL DEFAULT '';

-- The view's columns are those of its time.
DROP VIEW keys_with_plans;
CREATE VIEW keys_with_plans AS
SELECT api_keys.*, usage_plans.name AS plan_name
FROM api_keys LEFT JOIN usage_plans ON usage_plans.id = api_keys.usage_plan_id;
