"""The cap counts by channel"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE vouched_complaints ADD COLUMN channel TEXT COLLATE "C";
"""


def upgrade() -> None:
    # While a statement waits for its lock, later statements on the table wait too. Raise a limit here, with the reason.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
