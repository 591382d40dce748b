"""Independent evidence and the grid of carriers: constraints"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# These statements read whole tables, and block neither readers nor writers: they have no time limit.
STATEMENTS = """
ALTER TABLE enquiries VALIDATE CONSTRAINT ck_enquiries_visible_at_in_bounds;
ALTER TABLE evidence VALIDATE CONSTRAINT ck_evidence_arrived_at_in_bounds;
ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_visible_at_in_bounds;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '0'")
    op.execute(STATEMENTS)
