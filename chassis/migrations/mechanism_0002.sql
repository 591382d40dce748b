CREATE TABLE failed_records (
    "group" TEXT COLLATE "C" NOT NULL,
    topic TEXT COLLATE "C" NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    CONSTRAINT pk_failed_records PRIMARY KEY ("group", topic, partition, "offset")
);
COMMENT ON TABLE failed_records IS 'Dead letters, and events that opened a quarantine: too many in a row of records block the partition';
CREATE TABLE quarantine (
    "group" TEXT COLLATE "C" NOT NULL,
    topic TEXT COLLATE "C" NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    event_id UUID NOT NULL,
    payload BYTEA NOT NULL,
    error TEXT,
    tries INTEGER NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_quarantine_next_at_in_bounds CHECK (next_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    quarantined_at TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_quarantine_quarantined_at_in_bounds CHECK (quarantined_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    CONSTRAINT pk_quarantine PRIMARY KEY ("group", topic, partition, "offset"),
    CONSTRAINT uq_quarantine_group_event_id UNIQUE ("group", event_id)
);
COMMENT ON TABLE quarantine IS 'Events that failed repeatedly, and the later events of their keys';
CREATE INDEX ix_quarantine_key ON quarantine ("group", topic, key, "offset");
CREATE TABLE quarantined_items (
    sweep TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    error TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_quarantined_items_next_at_in_bounds CHECK (next_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    quarantined_at TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_quarantined_items_quarantined_at_in_bounds CHECK (quarantined_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    CONSTRAINT pk_quarantined_items PRIMARY KEY (sweep, item)
);
COMMENT ON TABLE quarantined_items IS 'Items of a sweep that failed alone; each is tried again at `next_at`';
CREATE TABLE quarantined_rows (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    table_name TEXT COLLATE "C" NOT NULL,
    content JSONB NOT NULL,
    reason TEXT NOT NULL,
    quarantined_at TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_quarantined_rows_quarantined_at_in_bounds CHECK (quarantined_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    CONSTRAINT pk_quarantined_rows PRIMARY KEY (id)
);
COMMENT ON TABLE quarantined_rows IS 'Rows that a migration moved out of their table, because no later release can read them';
ALTER TABLE audit_log ADD CONSTRAINT ck_audit_log_at_in_bounds CHECK (at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE idempotency_keys ADD CONSTRAINT ck_idempotency_keys_kept_at_in_bounds CHECK (kept_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE import_chunks ADD CONSTRAINT ck_import_chunks_done_at_in_bounds CHECK (done_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE import_chunks ADD CONSTRAINT ck_import_chunks_due_at_in_bounds CHECK (due_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE imports ADD CONSTRAINT ck_imports_created_at_in_bounds CHECK (created_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE imports ADD CONSTRAINT ck_imports_finished_at_in_bounds CHECK (finished_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE inbox ADD CONSTRAINT ck_inbox_heard_at_in_bounds CHECK (heard_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE outbox ADD CONSTRAINT ck_outbox_created_at_in_bounds CHECK (created_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE outbox ADD CONSTRAINT ck_outbox_published_at_in_bounds CHECK (published_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE parked_records ADD CONSTRAINT ck_parked_records_parked_at_in_bounds CHECK (parked_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
