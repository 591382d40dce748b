"""Comments of the tables in plain English."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = """
COMMENT ON TABLE subjects IS 'One row per subject, locked before what is collected about it changes';
"""


def upgrade() -> None:
    # While a statement waits for its lock, everything behind it waits. Raise a limit here, and say why.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
