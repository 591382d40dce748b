"""The lift of an order is reviewed: constraints"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# These statements read whole tables, and block neither readers nor writers: they have no time limit.
STATEMENTS = """
ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_lift_reviewed_at_in_bounds;
ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_review_lift_by_in_bounds;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '0'")
    op.execute(STATEMENTS)
