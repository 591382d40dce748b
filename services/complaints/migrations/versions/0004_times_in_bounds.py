"""Times are in bounds, and what fails is quarantined"""

from alembic import op

from chassis.migrations import mechanism

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE assessments ADD CONSTRAINT ck_assessments_as_of_in_bounds CHECK (as_of BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE assessments ADD CONSTRAINT ck_assessments_assessed_at_in_bounds CHECK (assessed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE complainants ADD CONSTRAINT ck_complainants_first_seen_at_in_bounds CHECK (first_seen_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE complaints ADD CONSTRAINT ck_complaints_assessed_at_in_bounds CHECK (assessed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE complaints ADD CONSTRAINT ck_complaints_filed_at_in_bounds CHECK (filed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE complaints ADD CONSTRAINT ck_complaints_received_at_in_bounds CHECK (received_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE complaints ADD CONSTRAINT ck_complaints_sent_at_in_bounds CHECK (sent_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE register_ports ADD CONSTRAINT ck_register_ports_filed_since_in_bounds CHECK (filed_since BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE reveals ADD CONSTRAINT ck_reveals_decided_at_in_bounds CHECK (decided_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE reveals ADD CONSTRAINT ck_reveals_expires_at_in_bounds CHECK (expires_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE reveals ADD CONSTRAINT ck_reveals_requested_at_in_bounds CHECK (requested_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE vouched_complaints ADD CONSTRAINT ck_vouched_complaints_received_at_in_bounds CHECK (received_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
"""


def upgrade() -> None:
    # While a statement waits for its lock, everything behind it waits. Raise a limit here, and say why.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(mechanism("0002"))
    op.execute(STATEMENTS)
