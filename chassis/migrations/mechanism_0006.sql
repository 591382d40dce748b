CREATE TABLE audit_unsealed (
    entry UUID NOT NULL,
    since TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL CONSTRAINT ck_audit_unsealed_since_in_bounds CHECK (since BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    CONSTRAINT pk_audit_unsealed PRIMARY KEY (entry)
);
COMMENT ON TABLE audit_unsealed IS 'The entries of the audit log that wait for their seal';
CREATE TABLE audit_seals (
    "from" BIGINT NOT NULL,
    "to" BIGINT NOT NULL,
    rows INTEGER NOT NULL,
    merkle_root BYTEA NOT NULL,
    previous BYTEA NOT NULL,
    entries UUID[] NOT NULL,
    leaves BYTEA[] NOT NULL,
    CONSTRAINT pk_audit_seals PRIMARY KEY ("from"),
    CONSTRAINT uq_audit_seals_previous UNIQUE (previous)
);
COMMENT ON TABLE audit_seals IS 'Seals of the audit log, each with the hash of the one before it; rows are only ever added';
-- The trigger waits for transactions with new entries and keeps out others, so that each entry is queued by it or below.
CREATE OR REPLACE FUNCTION await_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.audit_unsealed (entry) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER await_seal AFTER INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION await_seal();
INSERT INTO audit_unsealed (entry) SELECT id FROM audit_log;
