ALTER TABLE idempotency_keys ADD COLUMN sealed BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE idempotency_keys ADD COLUMN about TEXT COLLATE "C";
