"""Evidence states that a signature is unreadable"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE evidence ADD COLUMN signature_unreadable BOOLEAN DEFAULT false NOT NULL;
"""


def upgrade() -> None:
    # While a statement waits for its lock, everything behind it waits. Raise a limit here, and say why.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
