"""The filings of the register by id"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE register_filings (
    filing UUID NOT NULL,
    carrier TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    content JSONB NOT NULL,
    CONSTRAINT pk_register_filings PRIMARY KEY (filing)
);
CREATE INDEX ix_register_filings_number ON register_filings (number);
CREATE TABLE register_numbers (
    carrier TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    access_code TEXT COLLATE "C" NOT NULL,
    holder TEXT COLLATE "C" NOT NULL,
    filed_since TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_register_numbers_filed_since_in_bounds CHECK (filed_since BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    newest_since TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_register_numbers_newest_since_in_bounds CHECK (newest_since BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    newest_filing UUID NOT NULL,
    CONSTRAINT pk_register_numbers PRIMARY KEY (carrier, number)
);
CREATE INDEX ix_register_numbers_holders ON register_numbers (access_code, carrier, holder, filed_since);
"""


def upgrade() -> None:
    # While a statement waits for its lock, later statements on the table wait too. Raise a limit here, with the reason.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
