"""The content of complaints is encrypted under data keys: indexes"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# These statements block neither readers nor writers and have no time limit. They cannot be rolled back, and each may be
# run again: the revision contains nothing else.
STATEMENTS = (
    "DROP INDEX CONCURRENTLY IF EXISTS ix_complaints_clear",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_complaints_clear ON complaints (id) WHERE text IS NOT NULL",
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("SET statement_timeout = 0")
        for each in STATEMENTS:
            op.execute(each)
