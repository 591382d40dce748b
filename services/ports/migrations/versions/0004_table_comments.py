"""The comments of tables in plain English."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = """
COMMENT ON TABLE senders IS
    'One row per number that was ever processed: a transaction that decides on a number locks its row';
COMMENT ON TABLE access_code_holders IS
    'Enterprises that ever had a port on an access code at a carrier: its holder is one of them';
COMMENT ON TABLE enquiries IS 'Questions to carriers about numbers that are not filed';
COMMENT ON TABLE listed_ports IS
    'The ports that an enterprise had when its listing began to shut them, and the order for each';
COMMENT ON TABLE shutdown_proposals IS
    'Proposals to shut a port, or all ports of a listed enterprise, decided by a second person';
"""


def upgrade() -> None:
    # While a statement waits for its lock, everything behind it waits.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
