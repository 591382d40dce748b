ALTER TABLE imports ADD COLUMN actors JSONB DEFAULT '["unknown"]'::jsonb NOT NULL;
