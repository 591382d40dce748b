"""Answers are stored encrypted: indexes"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# These statements block neither readers nor writers and have no time limit. They cannot be rolled back, and each may be
# run again: the revision contains nothing else.
STATEMENTS = (
    "DROP INDEX CONCURRENTLY IF EXISTS ix_idempotency_keys_about",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_idempotency_keys_about ON idempotency_keys (about) WHERE about IS NOT NULL",
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("SET statement_timeout = 0")
        for each in STATEMENTS:
            op.execute(each)
