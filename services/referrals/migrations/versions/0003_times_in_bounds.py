"""Times are in bounds, and what fails is quarantined"""

from alembic import op

from chassis.migrations import mechanism

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE batches ADD CONSTRAINT ck_batches_received_at_in_bounds CHECK (received_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE batches ADD CONSTRAINT ck_batches_sealed_at_in_bounds CHECK (sealed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE clues ADD CONSTRAINT ck_clues_annulled_at_in_bounds CHECK (annulled_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE clues ADD CONSTRAINT ck_clues_conclude_by_in_bounds CHECK (conclude_by BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE clues ADD CONSTRAINT ck_clues_concluded_at_in_bounds CHECK (concluded_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE clues ADD CONSTRAINT ck_clues_due_at_in_bounds CHECK (due_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE clues ADD CONSTRAINT ck_clues_extended_at_in_bounds CHECK (extended_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE clues ADD CONSTRAINT ck_clues_first_overdue_at_in_bounds CHECK (first_overdue_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE clues ADD CONSTRAINT ck_clues_first_received_at_in_bounds CHECK (first_received_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE clues ADD CONSTRAINT ck_clues_opened_at_in_bounds CHECK (opened_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE clues ADD CONSTRAINT ck_clues_overdue_since_in_bounds CHECK (overdue_since BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE clues ADD CONSTRAINT ck_clues_received_at_in_bounds CHECK (received_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE clues ADD CONSTRAINT ck_clues_referred_at_in_bounds CHECK (referred_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE clues ADD CONSTRAINT ck_clues_returned_at_in_bounds CHECK (returned_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE evidence ADD CONSTRAINT ck_evidence_received_hour_in_bounds CHECK (received_hour BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE sealings ADD CONSTRAINT ck_sealings_done_at_in_bounds CHECK (done_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE sealings ADD CONSTRAINT ck_sealings_requested_at_in_bounds CHECK (requested_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
"""


def upgrade() -> None:
    # While a statement waits for its lock, everything behind it waits. Raise a limit here, and say why.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(mechanism("0002"))
    op.execute(STATEMENTS)
