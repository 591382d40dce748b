"""Complaints, their assessments, and the register of ports as this service keeps it."""

from alembic import op

from chassis.migrations import mechanism

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE complainants (
    fingerprint bytea NOT NULL,
    id uuid NOT NULL,
    first_seen_at timestamptz NOT NULL,
    CONSTRAINT pk_complainants PRIMARY KEY (fingerprint),
    CONSTRAINT uq_complainants_id UNIQUE (id)
);

CREATE TABLE complaints (
    id uuid NOT NULL,
    channel text COLLATE "C" NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    bucket smallint NOT NULL,
    sender_number text COLLATE "C" NOT NULL,
    sender_raw text NOT NULL,
    complainant_id uuid NOT NULL,
    number_cipher bytea NOT NULL,
    province text COLLATE "C",
    sent_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    filed_at timestamptz NOT NULL,
    text text NOT NULL,
    consented text COLLATE "C" NOT NULL,
    unsubscribed boolean NOT NULL,
    vouched boolean NOT NULL,
    receipt text COLLATE "C",
    state text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    kind text COLLATE "C",
    carrier text COLLATE "C",
    industry text COLLATE "C",
    category text COLLATE "C",
    assessed_at timestamptz,
    CONSTRAINT pk_complaints PRIMARY KEY (id),
    CONSTRAINT uq_complaints_channel_external_id UNIQUE (channel, external_id),
    CONSTRAINT ck_complaints_state CHECK (state IN ('filed', 'assessed', 'withdrawn')),
    CONSTRAINT ck_complaints_assessed CHECK (state <> 'assessed' OR category IS NOT NULL)
);
CREATE UNIQUE INDEX uq_complaints_receipt ON complaints (receipt) WHERE receipt IS NOT NULL;
CREATE INDEX ix_complaints_sender_number ON complaints (sender_number, id);
CREATE INDEX ix_complaints_unassessed ON complaints (id) WHERE state = 'filed';

CREATE TABLE assessments (
    complaint_id uuid NOT NULL,
    version integer NOT NULL,
    kind text COLLATE "C" NOT NULL,
    carrier text COLLATE "C",
    holder text COLLATE "C",
    provider text COLLATE "C",
    signature text,
    filed_signature text,
    as_of timestamptz NOT NULL,
    industry text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL,
    confidence double precision NOT NULL,
    reasons jsonb NOT NULL,
    rules jsonb NOT NULL,
    excerpt text NOT NULL,
    assessed_at timestamptz NOT NULL,
    assessor text COLLATE "C" NOT NULL,
    assessed_by text COLLATE "C" NOT NULL,
    note text,
    CONSTRAINT pk_assessments PRIMARY KEY (complaint_id, version)
);

CREATE TABLE register_ports (
    carrier text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    access_code text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    holder text COLLATE "C",
    filed_since timestamptz,
    filings jsonb NOT NULL,
    CONSTRAINT pk_register_ports PRIMARY KEY (carrier, number)
);
CREATE INDEX ix_register_ports_number ON register_ports (number);
CREATE INDEX ix_register_ports_holders ON register_ports (access_code, carrier, holder, filed_since);
"""


def upgrade() -> None:
    op.execute(mechanism("0001"))
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE register_ports, assessments, complaints, complainants")
