"""The withdrawal of a listing is reviewed"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE entries ADD COLUMN review_withdrawal_by TIMESTAMP WITH TIME ZONE;
ALTER TABLE entries ADD COLUMN withdrawal_reviewed_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE entries ADD COLUMN withdrawal_review TEXT COLLATE "C";
ALTER TABLE entries ADD COLUMN withdrawal_review_reason TEXT;
ALTER TABLE entries ADD COLUMN replaced_by UUID;
ALTER TABLE entries ADD CONSTRAINT ck_entries_review_withdrawal_by_in_bounds CHECK (review_withdrawal_by BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE entries ADD CONSTRAINT ck_entries_withdrawal_reviewed_at_in_bounds CHECK (withdrawal_reviewed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
"""


def upgrade() -> None:
    # While a statement waits for its lock, later statements on the table wait too. Raise a limit here, with the reason.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
