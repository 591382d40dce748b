"""Independent evidence and the grid of carriers"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE enquiries ADD COLUMN visible_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE enquiries ADD CONSTRAINT ck_enquiries_visible_at_in_bounds CHECK (visible_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE evidence ADD COLUMN channel TEXT COLLATE "C";
ALTER TABLE evidence ADD COLUMN held BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE evidence ADD COLUMN arrived_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE evidence ADD CONSTRAINT ck_evidence_arrived_at_in_bounds CHECK (arrived_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD COLUMN visible_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE orders ADD CONSTRAINT ck_orders_visible_at_in_bounds CHECK (visible_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE shutdown_proposals ADD COLUMN basis JSONB;
COMMENT ON TABLE shutdown_proposals IS 'Proposals to shut a port, or all ports of a listed enterprise, decided by another person';
"""


def upgrade() -> None:
    # While a statement waits for its lock, later statements on the table wait too. Raise a limit here, with the reason.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
