"""Orders and enquiries store the trace of what led to them"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE enquiries ADD COLUMN traceparent TEXT COLLATE "C";
ALTER TABLE orders ADD COLUMN traceparent TEXT COLLATE "C";
"""


def upgrade() -> None:
    # While a statement waits for its lock, everything behind it waits. Raise a limit here, and say why.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
