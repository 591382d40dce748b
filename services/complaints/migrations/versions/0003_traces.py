"""Complaints store the trace of their filing"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE complaints ADD COLUMN traceparent TEXT COLLATE "C";
"""


def upgrade() -> None:
    # While a statement waits for its lock, everything behind it waits. Raise a limit here, and say why.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
