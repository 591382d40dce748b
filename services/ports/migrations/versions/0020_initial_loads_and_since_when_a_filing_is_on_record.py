"""Initial loads, and since when a filing is on record"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE initial_loads (
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    carrier TEXT COLLATE "C" NOT NULL,
    reason TEXT,
    actors JSONB DEFAULT '["unknown"]'::jsonb NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_initial_loads_opened_at_in_bounds CHECK (opened_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    opened_by TEXT COLLATE "C",
    closed_at TIMESTAMP WITH TIME ZONE CONSTRAINT ck_initial_loads_closed_at_in_bounds CHECK (closed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    closed_by TEXT COLLATE "C",
    closing_reason TEXT,
    CONSTRAINT pk_initial_loads PRIMARY KEY (id),
    CONSTRAINT uq_initial_loads_carrier UNIQUE (carrier)
);
COMMENT ON TABLE initial_loads IS 'The initial load of each carrier: while it is open, filings count from their own valid_from on';
-- The check reads a column that is empty in every row: one pass over the table, in a fraction of a second.
ALTER TABLE filings ADD COLUMN on_record_from TIMESTAMP WITH TIME ZONE CONSTRAINT ck_filings_on_record_from_in_bounds CHECK (on_record_from BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00');
ALTER TABLE filings ADD COLUMN initial BOOLEAN DEFAULT true NOT NULL;
-- A carrier that has filings was loaded before there were loads.
INSERT INTO initial_loads (id, version, carrier, reason, opened_at, closed_at)
SELECT gen_random_uuid(), 1, carrier, 'filed before there were initial loads', min(recorded_at), now()
FROM filings WHERE decision = 'accepted' GROUP BY carrier;
"""


def upgrade() -> None:
    # While a statement waits for its lock, later statements on the table wait too. Raise a limit here, with the reason.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
