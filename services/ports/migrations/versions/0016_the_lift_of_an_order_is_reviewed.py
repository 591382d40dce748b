"""The lift of an order is reviewed"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE orders ADD COLUMN review_lift_by TIMESTAMP WITH TIME ZONE;
ALTER TABLE orders ADD COLUMN lift_reviewed_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE orders ADD COLUMN lift_review TEXT COLLATE "C";
ALTER TABLE orders ADD COLUMN lift_review_reason TEXT;
ALTER TABLE orders ADD COLUMN replaced_by UUID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_lift_reviewed_at_in_bounds CHECK (lift_reviewed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_review_lift_by_in_bounds CHECK (review_lift_by BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
"""


def upgrade() -> None:
    # While a statement waits for its lock, later statements on the table wait too. Raise a limit here, with the reason.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
