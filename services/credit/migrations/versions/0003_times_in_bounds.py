"""Times are in bounds, and what fails is quarantined"""

from alembic import op

from chassis.migrations import mechanism

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE enterprise_names ADD CONSTRAINT ck_enterprise_names_valid_from_in_bounds CHECK (valid_from BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE entries ADD CONSTRAINT ck_entries_contest_until_in_bounds CHECK (contest_until BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE entries ADD CONSTRAINT ck_entries_contested_at_in_bounds CHECK (contested_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE entries ADD CONSTRAINT ck_entries_effective_at_in_bounds CHECK (effective_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE entries ADD CONSTRAINT ck_entries_expired_at_in_bounds CHECK (expired_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE entries ADD CONSTRAINT ck_entries_proposed_at_in_bounds CHECK (proposed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE entries ADD CONSTRAINT ck_entries_repairable_from_in_bounds CHECK (repairable_from BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE entries ADD CONSTRAINT ck_entries_repaired_at_in_bounds CHECK (repaired_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE entries ADD CONSTRAINT ck_entries_until_in_bounds CHECK (until BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE entries ADD CONSTRAINT ck_entries_withdrawn_at_in_bounds CHECK (withdrawn_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_executed_at_in_bounds CHECK (executed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
"""


def upgrade() -> None:
    # While a statement waits for its lock, everything behind it waits. Raise a limit here, and say why.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(mechanism("0002"))
    op.execute(STATEMENTS)
