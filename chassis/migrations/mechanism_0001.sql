-- The chassis' own tables, the same in every service: events that leave and that were heard, what was put aside,
-- kept answers, the audit log, files that are worked off.

CREATE TABLE audit_log (
    id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    org TEXT COLLATE "C" NOT NULL,
    act TEXT COLLATE "C" NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    reason TEXT NOT NULL,
    before_digest BYTEA,
    after_digest BYTEA,
    CONSTRAINT pk_audit_log PRIMARY KEY (id)
);
CREATE INDEX ix_audit_log_object ON audit_log (object);

CREATE TABLE idempotency_keys (
    caller TEXT COLLATE "C" NOT NULL,
    route TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    fingerprint BYTEA NOT NULL,
    kept_at TIMESTAMP WITH TIME ZONE NOT NULL,
    status SMALLINT,
    headers JSONB,
    body BYTEA,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (caller, route, key)
);
CREATE INDEX ix_idempotency_keys_kept_at ON idempotency_keys (kept_at);

CREATE TABLE imports (
    id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    submitted_by TEXT COLLATE "C" NOT NULL,
    org TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    columns TEXT[] NOT NULL,
    digest BYTEA NOT NULL,
    bytes BIGINT NOT NULL,
    lines INTEGER NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    lines_read INTEGER,
    accepted INTEGER,
    duplicates INTEGER,
    rejected INTEGER,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    failure TEXT,
    CONSTRAINT pk_imports PRIMARY KEY (id),
    CONSTRAINT ck_imports_state CHECK (state IN ('received', 'finished', 'failed')),
    CONSTRAINT ck_imports_reconciled CHECK (state <> 'finished' OR (lines = lines_read AND lines_read = accepted + duplicates + rejected AND finished_at IS NOT NULL)),
    CONSTRAINT ck_imports_failure CHECK ((state = 'failed') = (failure IS NOT NULL))
);
CREATE INDEX ix_imports_kind ON imports (kind, id);
CREATE INDEX ix_imports_open ON imports (kind, id) WHERE state = 'received';

CREATE TABLE inbox (
    event_id UUID NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    heard_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_inbox PRIMARY KEY (event_id)
);
CREATE INDEX ix_inbox_heard_at ON inbox (heard_at);

CREATE TABLE outbox (
    position BIGINT GENERATED ALWAYS AS IDENTITY,
    id UUID NOT NULL,
    aggregatetype TEXT COLLATE "C" NOT NULL,
    aggregateid TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    topic TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    bucket SMALLINT NOT NULL,
    payload BYTEA NOT NULL,
    headers JSONB DEFAULT '{}'::jsonb NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_outbox PRIMARY KEY (position),
    CONSTRAINT uq_outbox_aggregatetype_aggregateid_version UNIQUE (aggregatetype, aggregateid, version)
);
CREATE INDEX ix_outbox_published_at ON outbox (published_at) WHERE published_at IS NOT NULL;
CREATE INDEX ix_outbox_unpublished ON outbox (bucket, position) WHERE published_at IS NULL;

CREATE TABLE parked_records (
    topic TEXT COLLATE "C" NOT NULL,
    partition INTEGER NOT NULL,
    record_offset BIGINT NOT NULL,
    reason TEXT NOT NULL,
    parked_by TEXT NOT NULL,
    parked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_parked_records PRIMARY KEY (topic, partition, record_offset)
);

CREATE TABLE projections (
    name TEXT COLLATE "C" NOT NULL,
    generation INTEGER NOT NULL,
    CONSTRAINT pk_projections PRIMARY KEY (name)
);

CREATE TABLE import_chunks (
    import_id UUID NOT NULL,
    sequence INTEGER NOT NULL,
    first_line INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    sealed BOOLEAN NOT NULL,
    content BYTEA,
    attempts SMALLINT DEFAULT 0 NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE,
    accepted INTEGER,
    duplicates INTEGER,
    rejected INTEGER,
    CONSTRAINT pk_import_chunks PRIMARY KEY (import_id, sequence),
    CONSTRAINT ck_import_chunks_content CHECK ((done_at IS NULL) = (content IS NOT NULL)),
    CONSTRAINT ck_import_chunks_reconciled CHECK (done_at IS NULL OR lines = accepted + duplicates + rejected),
    CONSTRAINT fk_import_chunks_import_id FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
CREATE INDEX ix_import_chunks_undone ON import_chunks (import_id, sequence) WHERE done_at IS NULL;

CREATE TABLE import_errors (
    import_id UUID NOT NULL,
    line INTEGER NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    detail TEXT NOT NULL,
    CONSTRAINT pk_import_errors PRIMARY KEY (import_id, line),
    CONSTRAINT fk_import_errors_import_id FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
