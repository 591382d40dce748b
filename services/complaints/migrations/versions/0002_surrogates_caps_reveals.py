"""Complainants under another surrogate every quarter, capped by what they complained before, revealed by two people."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE surrogates (
    complainant_id uuid NOT NULL,
    quarter text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    CONSTRAINT pk_surrogates PRIMARY KEY (complainant_id, quarter),
    CONSTRAINT uq_surrogates_id UNIQUE (id)
);

CREATE TABLE vouched_complaints (
    complainant_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    complaint_id uuid NOT NULL,
    CONSTRAINT pk_vouched_complaints PRIMARY KEY (complainant_id, received_at, complaint_id)
);

CREATE TABLE reveals (
    id uuid NOT NULL,
    version integer NOT NULL,
    complaint_id uuid NOT NULL,
    province text COLLATE "C",
    state text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    requested_by text COLLATE "C" NOT NULL,
    requested_at timestamptz NOT NULL,
    decided_by text COLLATE "C",
    decided_at timestamptz,
    decision_reason text,
    expires_at timestamptz,
    rules jsonb NOT NULL,
    CONSTRAINT pk_reveals PRIMARY KEY (id),
    CONSTRAINT ck_reveals_state CHECK (state IN ('requested', 'approved', 'refused')),
    CONSTRAINT ck_reveals_decided CHECK ((state = 'requested') = (decided_by IS NULL)),
    CONSTRAINT ck_reveals_expires CHECK ((state = 'approved') = (expires_at IS NOT NULL)),
    CONSTRAINT ck_reveals_four_eyes CHECK (decided_by <> requested_by)
);
CREATE UNIQUE INDEX uq_reveals_waiting ON reveals (complaint_id, requested_by) WHERE state = 'requested';
CREATE INDEX ix_reveals_complaint_id ON reveals (complaint_id);
"""

# Before the columns, whose lock would last as long as this copy.
KNOWN = """
INSERT INTO vouched_complaints (complainant_id, received_at, complaint_id)
SELECT complainant_id, received_at, id FROM complaints WHERE vouched;
"""

COLUMNS = """
ALTER TABLE complaints ADD COLUMN surrogate uuid, ADD COLUMN surrogate_also uuid;
ALTER TABLE assessments ADD COLUMN capped boolean NOT NULL DEFAULT false;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(KNOWN)
    op.execute(COLUMNS)


def downgrade() -> None:
    op.execute("ALTER TABLE assessments DROP COLUMN capped")
    op.execute("ALTER TABLE complaints DROP COLUMN surrogate, DROP COLUMN surrogate_also")
    op.execute("DROP TABLE reveals, vouched_complaints, surrogates")
