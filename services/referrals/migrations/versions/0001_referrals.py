"""Evidence, clues, and the batches in which they are handed over."""

from alembic import op

from chassis.migrations import mechanism

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE clues (
    id uuid NOT NULL,
    version integer NOT NULL,
    subject_kind text COLLATE "C" NOT NULL,
    subject_value text COLLATE "C" NOT NULL,
    subject_name text,
    industry text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    sequence integer NOT NULL,
    cause text COLLATE "C" NOT NULL,
    correlation_id text COLLATE "C" NOT NULL,
    authority text COLLATE "C",
    rules jsonb NOT NULL,
    opened_at timestamptz NOT NULL,
    state text COLLATE "C" NOT NULL,
    complaints integer,
    complainants integer,
    vouched integer,
    senders integer,
    carriers jsonb NOT NULL,
    batch_id uuid,
    referred_at timestamptz,
    conclude_by timestamptz,
    extended_at timestamptz,
    extension_reason text,
    received_at timestamptz,
    first_received_at timestamptz,
    returned_at timestamptz,
    return_reason text COLLATE "C",
    return_note text,
    suggested text COLLATE "C",
    overdue_since timestamptz,
    first_overdue_at timestamptz,
    due_at timestamptz,
    concluded_at timestamptz,
    conclusion_code text COLLATE "C",
    amount bigint,
    enterprise text COLLATE "C",
    decision text,
    merged_into uuid,
    transferred_to text,
    conclusion_note text,
    annulled_at timestamptz,
    annulment_reason text,
    CONSTRAINT pk_clues PRIMARY KEY (id),
    CONSTRAINT ck_clues_an_open_one_is_not_counted_up CHECK ((state = 'open') = (complaints IS NULL)),
    CONSTRAINT uq_clues_subject_kind_subject_value_industry_period_sequence
        UNIQUE (subject_kind, subject_value, industry, period, sequence)
);
CREATE INDEX ix_clues_authority ON clues (authority, state, id);
CREATE INDEX ix_clues_batch_id ON clues (batch_id);
CREATE INDEX ix_clues_due_at ON clues (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_clues_sealable ON clues (authority, id) WHERE state IN ('open', 'routed');
CREATE INDEX ix_clues_state ON clues (state, id);
CREATE UNIQUE INDEX uq_clues_open ON clues (subject_kind, subject_value, industry, period) WHERE state = 'open';
COMMENT ON TABLE clues IS 'Clues; at most one open one per subject, industry and period';

CREATE TABLE enterprises (
    code text COLLATE "C" NOT NULL,
    name text NOT NULL,
    filing uuid NOT NULL,
    CONSTRAINT pk_enterprises PRIMARY KEY (code)
);
COMMENT ON TABLE enterprises IS 'Projection of the register: enterprises by the name that the last filing has';

CREATE TABLE evidence (
    complaint_id uuid NOT NULL,
    version integer NOT NULL,
    withdrawn boolean NOT NULL,
    counts boolean NOT NULL,
    set_aside text COLLATE "C",
    clue_id uuid,
    subject_kind text COLLATE "C",
    subject_value text COLLATE "C",
    industry text COLLATE "C",
    period text COLLATE "C",
    category text COLLATE "C",
    complainant uuid,
    vouched boolean,
    number text COLLATE "C",
    number_kind text COLLATE "C",
    carrier text COLLATE "C",
    holder text COLLATE "C",
    province text COLLATE "C",
    excerpt text,
    received_hour timestamptz,
    CONSTRAINT pk_evidence PRIMARY KEY (complaint_id),
    CONSTRAINT ck_evidence_only_what_counts_is_set_aside CHECK (counts OR set_aside IS NULL)
);
CREATE INDEX ix_evidence_clue_id ON evidence (clue_id, province) WHERE clue_id IS NOT NULL;
COMMENT ON TABLE evidence IS 'One row per complaint, at its newest version; nothing is counted up';

CREATE TABLE sealings (
    id uuid NOT NULL,
    because text COLLATE "C" NOT NULL,
    authority text COLLATE "C",
    through text COLLATE "C",
    reason text NOT NULL,
    requested_by text COLLATE "C" NOT NULL,
    requested_at timestamptz NOT NULL,
    done_at timestamptz,
    CONSTRAINT pk_sealings PRIMARY KEY (id)
);
CREATE INDEX ix_sealings_open ON sealings (id) WHERE done_at IS NULL;
CREATE UNIQUE INDEX uq_sealings_calendar ON sealings (through) WHERE because = 'calendar';
COMMENT ON TABLE sealings IS 'Orders to seal what is open, by the calendar and by staff, worked off in slices';

CREATE TABLE subjects (
    kind text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    CONSTRAINT pk_subjects PRIMARY KEY (kind, value)
);
COMMENT ON TABLE subjects IS 'One row per subject: whoever changes what is collected about it locks it';

CREATE TABLE batches (
    id uuid NOT NULL,
    version integer NOT NULL,
    authority text COLLATE "C" NOT NULL,
    because text COLLATE "C" NOT NULL,
    sealing_id uuid,
    correlation_id text COLLATE "C" NOT NULL,
    clues integer NOT NULL,
    manifest bytea NOT NULL,
    digest text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    sealed_at timestamptz NOT NULL,
    received_at timestamptz,
    CONSTRAINT pk_batches PRIMARY KEY (id),
    CONSTRAINT fk_batches_sealing_id FOREIGN KEY(sealing_id) REFERENCES sealings (id)
);
CREATE INDEX ix_batches_authority ON batches (authority, state, id);
CREATE INDEX ix_batches_sealing_id ON batches (sealing_id);
COMMENT ON TABLE batches IS 'What was sealed for an authority: the manifest of the documents, and its digest';

CREATE TABLE documents (
    clue_id uuid NOT NULL,
    batch_id uuid NOT NULL,
    position integer NOT NULL,
    content bytea NOT NULL,
    digest text COLLATE "C" NOT NULL,
    CONSTRAINT pk_documents PRIMARY KEY (clue_id, batch_id),
    CONSTRAINT uq_documents_batch_id_position UNIQUE (batch_id, position),
    CONSTRAINT fk_documents_clue_id FOREIGN KEY(clue_id) REFERENCES clues (id),
    CONSTRAINT fk_documents_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id)
);
COMMENT ON TABLE documents IS 'Clues as they were handed over: rows are only ever added';
"""


def upgrade() -> None:
    op.execute(mechanism("0001"))
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE documents, batches, subjects, sealings, evidence, enterprises, clues")
