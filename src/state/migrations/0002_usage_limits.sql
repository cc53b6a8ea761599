-- Usage plans get limits, and keys name their plan by its id, so that a plan can get another name.

-- JSON, as the API shows them.
ALTER TABLE usage_plans ADD COLUMN limits TEXT NOT NULL DEFAULT '{}';
-- When the quota got its period; null = there is no quota.
ALTER TABLE usage_plans ADD COLUMN quota_since INTEGER;
ALTER TABLE usage_plans ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
UPDATE usage_plans SET updated_at = created_at;

ALTER TABLE api_keys ADD COLUMN usage_plan_id TEXT REFERENCES usage_plans (id);
-- When the key came under its plan; null = it is under none.
ALTER TABLE api_keys ADD COLUMN plan_since INTEGER;
UPDATE api_keys SET usage_plan_id = (SELECT id FROM usage_plans WHERE usage_plans.name = api_keys.usage_plan);
UPDATE api_keys SET plan_since = created_at WHERE usage_plan_id IS NOT NULL;
ALTER TABLE api_keys DROP COLUMN usage_plan;

CREATE INDEX api_keys_by_usage_plan ON api_keys (usage_plan_id, position);
-- Which keys have come to their end is asked every second.
CREATE INDEX api_keys_by_end ON api_keys (expires_at) WHERE status = 'active' AND expires_at IS NOT NULL;

-- Keys with the names that their plans have now.
CREATE VIEW keys_with_plans AS
SELECT api_keys.*, usage_plans.name AS plan_name
FROM api_keys LEFT JOIN usage_plans ON usage_plans.id = api_keys.usage_plan_id;
