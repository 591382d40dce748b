"""The register, evidence, orders and enquiries."""

from alembic import op

from chassis.migrations import mechanism

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE enquiries (
    id uuid NOT NULL,
    version integer NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    cause text COLLATE "C" NOT NULL,
    correlation_id text COLLATE "C" NOT NULL,
    addressed_because text COLLATE "C" NOT NULL,
    holder text COLLATE "C",
    complainants integer NOT NULL,
    reasons jsonb NOT NULL,
    rules jsonb NOT NULL,
    causes jsonb NOT NULL,
    sent_at timestamptz NOT NULL,
    answer_by timestamptz NOT NULL,
    state text COLLATE "C" NOT NULL,
    answer text COLLATE "C",
    answer_note text,
    answered_at timestamptz,
    unanswered_at timestamptz,
    CONSTRAINT pk_enquiries PRIMARY KEY (id),
    CONSTRAINT uq_enquiries_carrier_number_cause UNIQUE (carrier, number, cause)
);
CREATE INDEX ix_enquiries_answer_by ON enquiries (answer_by) WHERE state = 'sent';
CREATE INDEX ix_enquiries_carrier_state ON enquiries (carrier, state, id);
CREATE INDEX ix_enquiries_number ON enquiries (number);
COMMENT ON TABLE enquiries IS 'Questions to carriers about numbers that nobody filed';

CREATE TABLE evidence (
    complaint_id uuid NOT NULL,
    version integer NOT NULL,
    number text COLLATE "C" NOT NULL,
    withdrawn boolean NOT NULL,
    counts boolean NOT NULL,
    standing text COLLATE "C",
    hint text COLLATE "C",
    carrier text COLLATE "C",
    holder text COLLATE "C",
    signature text,
    filed_signature text,
    category text COLLATE "C",
    complainant uuid,
    vouched boolean,
    province text COLLATE "C",
    sent_at timestamptz,
    CONSTRAINT pk_evidence PRIMARY KEY (complaint_id)
);
CREATE INDEX ix_evidence_counting ON evidence (number, sent_at) WHERE counts;
COMMENT ON TABLE evidence IS 'One row per complaint about a port, at its newest version; nothing is counted up';

CREATE TABLE orders (
    id uuid NOT NULL,
    version integer NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    cause text COLLATE "C" NOT NULL,
    correlation_id text COLLATE "C" NOT NULL,
    ground text COLLATE "C" NOT NULL,
    attribution text COLLATE "C" NOT NULL,
    holder text COLLATE "C",
    provider text COLLATE "C",
    signature text,
    province text COLLATE "C",
    complainants integer NOT NULL,
    reasons jsonb NOT NULL,
    rules jsonb NOT NULL,
    causes jsonb NOT NULL,
    ordered_at timestamptz NOT NULL,
    acknowledge_by timestamptz NOT NULL,
    execute_by timestamptz NOT NULL,
    state text COLLATE "C" NOT NULL,
    acknowledged_at timestamptz,
    executed_at timestamptz,
    evidence text,
    refused_at timestamptz,
    refusal_code text COLLATE "C",
    refusal_note text,
    overdue_since timestamptz,
    acknowledgement_missed_at timestamptz,
    execution_missed_at timestamptz,
    lifted_at timestamptz,
    lift_reason text,
    ground_fell_at timestamptz,
    due_at timestamptz,
    CONSTRAINT pk_orders PRIMARY KEY (id),
    CONSTRAINT uq_orders_carrier_number_cause UNIQUE (carrier, number, cause)
);
CREATE INDEX ix_orders_carrier_state ON orders (carrier, state, id);
CREATE INDEX ix_orders_due_at ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_orders_number ON orders (number);
CREATE UNIQUE INDEX uq_orders_open ON orders (carrier, number) WHERE state <> 'lifted';
COMMENT ON TABLE orders IS 'Orders to shut a port; at most one open one per port';

CREATE TABLE ports (
    id uuid NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    access_code text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    covers_extensions boolean NOT NULL,
    version integer NOT NULL,
    CONSTRAINT pk_ports PRIMARY KEY (id),
    CONSTRAINT uq_ports_carrier_number UNIQUE (carrier, number)
);
CREATE INDEX ix_ports_access_code ON ports (access_code);
CREATE INDEX ix_ports_covering ON ports (number) WHERE covers_extensions;
CREATE INDEX ix_ports_number ON ports (number);
COMMENT ON TABLE ports IS 'The register: one row per number and carrier';

CREATE TABLE senders (
    number text COLLATE "C" NOT NULL,
    CONSTRAINT pk_senders PRIMARY KEY (number)
);
COMMENT ON TABLE senders IS 'One row per number that was ever heard of: whoever decides on it locks it';

CREATE TABLE filings (
    id uuid NOT NULL,
    port_id uuid,
    carrier text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    holder text COLLATE "C" NOT NULL,
    holder_name text NOT NULL,
    provider text COLLATE "C" NOT NULL,
    provider_name text NOT NULL,
    signature text NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    province text COLLATE "C",
    covers_extensions boolean NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    recorded_at timestamptz NOT NULL,
    decision text COLLATE "C" NOT NULL,
    reasons jsonb NOT NULL,
    hindered_by uuid,
    digest bytea NOT NULL,
    CONSTRAINT pk_filings PRIMARY KEY (id),
    CONSTRAINT ck_filings_accepted_ones_have_a_port CHECK ((decision = 'accepted') = (port_id IS NOT NULL)),
    CONSTRAINT fk_filings_port_id FOREIGN KEY(port_id) REFERENCES ports (id)
);
CREATE INDEX ix_filings_number ON filings (number);
CREATE INDEX ix_filings_port_id ON filings (port_id);
CREATE UNIQUE INDEX uq_filings_refused ON filings (carrier, number, digest, hindered_by) WHERE decision = 'refused';
COMMENT ON TABLE filings IS 'Every filing and what became of it; the accepted ones are the register''s history';
"""


def upgrade() -> None:
    op.execute(mechanism("0001"))
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE enquiries, orders, evidence, filings, ports, senders")
