"""Times are in bounds, and what fails is quarantined"""

from alembic import op

from chassis.migrations import mechanism

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE enquiries ADD CONSTRAINT ck_enquiries_answer_by_in_bounds CHECK (answer_by BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE enquiries ADD CONSTRAINT ck_enquiries_answered_at_in_bounds CHECK (answered_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE enquiries ADD CONSTRAINT ck_enquiries_sent_at_in_bounds CHECK (sent_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE enquiries ADD CONSTRAINT ck_enquiries_unanswered_at_in_bounds CHECK (unanswered_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE evidence ADD CONSTRAINT ck_evidence_sent_at_in_bounds CHECK (sent_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE filings ADD CONSTRAINT ck_filings_recorded_at_in_bounds CHECK (recorded_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE filings ADD CONSTRAINT ck_filings_valid_from_in_bounds CHECK (valid_from BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE filings ADD CONSTRAINT ck_filings_valid_to_in_bounds CHECK (valid_to BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE listings ADD CONSTRAINT ck_listings_ended_at_in_bounds CHECK (ended_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE listings ADD CONSTRAINT ck_listings_since_in_bounds CHECK (since BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE listings ADD CONSTRAINT ck_listings_until_in_bounds CHECK (until BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_acknowledge_by_in_bounds CHECK (acknowledge_by BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_acknowledged_at_in_bounds CHECK (acknowledged_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_acknowledgement_missed_at_in_bounds CHECK (acknowledgement_missed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_due_at_in_bounds CHECK (due_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_execute_by_in_bounds CHECK (execute_by BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_executed_at_in_bounds CHECK (executed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_execution_missed_at_in_bounds CHECK (execution_missed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_ground_fell_at_in_bounds CHECK (ground_fell_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_lifted_at_in_bounds CHECK (lifted_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_ordered_at_in_bounds CHECK (ordered_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_overdue_since_in_bounds CHECK (overdue_since BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE orders ADD CONSTRAINT ck_orders_refused_at_in_bounds CHECK (refused_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE shutdown_proposals ADD CONSTRAINT ck_shutdown_proposals_decided_at_in_bounds CHECK (decided_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
ALTER TABLE shutdown_proposals ADD CONSTRAINT ck_shutdown_proposals_proposed_at_in_bounds CHECK (proposed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00') NOT VALID;
"""


def upgrade() -> None:
    # While a statement waits for its lock, everything behind it waits. Raise a limit here, and say why.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(mechanism("0002"))
    op.execute(STATEMENTS)
