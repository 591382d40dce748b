"""The withdrawal of a listing is reviewed: constraints"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# These statements read whole tables, and block neither readers nor writers: they have no time limit.
STATEMENTS = """
ALTER TABLE entries VALIDATE CONSTRAINT ck_entries_review_withdrawal_by_in_bounds;
ALTER TABLE entries VALIDATE CONSTRAINT ck_entries_withdrawal_reviewed_at_in_bounds;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '0'")
    op.execute(STATEMENTS)
