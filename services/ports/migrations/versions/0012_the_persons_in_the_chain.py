"""The persons in the chain"""

from alembic import op

from chassis.migrations import mechanism

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE enquiries ADD COLUMN actors JSONB DEFAULT '["unknown"]'::jsonb NOT NULL;
ALTER TABLE evidence ADD COLUMN actors JSONB DEFAULT '["unknown"]'::jsonb NOT NULL;
ALTER TABLE listings ADD COLUMN actors JSONB DEFAULT '["unknown"]'::jsonb NOT NULL;
ALTER TABLE orders ADD COLUMN actors JSONB DEFAULT '["unknown"]'::jsonb NOT NULL;
ALTER TABLE shutdown_proposals ADD COLUMN actors JSONB DEFAULT '["unknown"]'::jsonb NOT NULL;
"""


def upgrade() -> None:
    # While a statement waits for its lock, later statements on the table wait too. Raise a limit here, with the reason.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(mechanism("0005"))
    op.execute(STATEMENTS)
