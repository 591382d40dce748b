"""Comments of the tables in plain English."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = """
COMMENT ON TABLE clues IS
    'One row per clue that may cause an entry; transactions that name it or change it lock the row';
COMMENT ON TABLE enterprise_names IS 'Names by credit code, a projection of the port register: from the newest filing';
COMMENT ON TABLE enterprises IS
    'One row per enterprise that was ever decided on; a transaction that decides on it locks the row';
COMMENT ON TABLE entries IS 'Entries of the credit lists';
COMMENT ON TABLE orders IS 'One row per order, at its newest version; orders are counted by reading these rows';
COMMENT ON TABLE standings IS 'The present restrictions of every enterprise that was ever listed';
"""


def upgrade() -> None:
    # While a statement waits for its lock, everything behind it waits.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
