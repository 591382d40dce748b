"""Who held an access code at a moment, and late claims"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE register_holders (
    filing UUID NOT NULL,
    carrier TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    access_code TEXT COLLATE "C" NOT NULL,
    holder TEXT COLLATE "C" NOT NULL,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_register_holders_valid_from_in_bounds CHECK (valid_from BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    on_record_from TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_register_holders_on_record_from_in_bounds CHECK (on_record_from BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    CONSTRAINT pk_register_holders PRIMARY KEY (filing)
);
CREATE INDEX ix_register_holders_began ON register_holders (carrier, number, valid_from, filing);
CREATE INDEX ix_register_holders_held ON register_holders (access_code, carrier, holder, on_record_from);
-- No release has used the table.
-- squawk-ignore ban-drop-table
DROP TABLE register_numbers;
ALTER TABLE assessments ADD COLUMN claimed_holder TEXT COLLATE "C";
ALTER TABLE assessments ADD COLUMN claimed_provider TEXT COLLATE "C";
"""


def upgrade() -> None:
    # While a statement waits for its lock, later statements on the table wait too. Raise a limit here, with the reason.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
