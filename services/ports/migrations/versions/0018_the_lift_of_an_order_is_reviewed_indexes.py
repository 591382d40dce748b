"""The lift of an order is reviewed: indexes"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# These statements block neither readers nor writers and have no time limit. They cannot be rolled back, and each may be
# run again: the revision contains nothing else.
STATEMENTS = (
    "DROP INDEX CONCURRENTLY IF EXISTS ix_orders_review_lift_by",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_orders_review_lift_by ON orders (review_lift_by) WHERE review_lift_by IS NOT NULL AND lift_review IS NULL",
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("SET statement_timeout = 0")
        for each in STATEMENTS:
            op.execute(each)
