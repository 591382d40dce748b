"""Rows with a time out of bounds are quarantined, and the constraints hold for all rows"""

from alembic import op

from chassis.migrations import mechanism

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Reads whole tables, and blocks neither readers nor writers: it has no limit per statement.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(mechanism("0003"))
