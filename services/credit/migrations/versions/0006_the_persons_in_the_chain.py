"""The persons in the chain"""

from alembic import op

from chassis.migrations import mechanism

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE clues ADD COLUMN actors JSONB DEFAULT '["unknown"]'::jsonb NOT NULL;
ALTER TABLE entries ADD COLUMN actors JSONB DEFAULT '["unknown"]'::jsonb NOT NULL;
ALTER TABLE entries ADD COLUMN waived_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE entries ADD CONSTRAINT ck_entries_waived_at_in_bounds CHECK (waived_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD COLUMN actors JSONB DEFAULT '["unknown"]'::jsonb NOT NULL;
"""


def upgrade() -> None:
    # While a statement waits for its lock, later statements on the table wait too. Raise a limit here, with the reason.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(mechanism("0005"))
    op.execute(STATEMENTS)
