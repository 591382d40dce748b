"""Notices with reply codes"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE notices (
    id UUID NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    code_digest BYTEA NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_notices_issued_at_in_bounds CHECK (issued_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    issued_by TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_notices PRIMARY KEY (id),
    CONSTRAINT uq_notices_code_digest UNIQUE (code_digest)
);
COMMENT ON TABLE notices IS 'Notices to parties without an account; the reply code is stored as its SHA-256';
CREATE INDEX ix_notices_object ON notices (object);
CREATE TABLE replies (
    id UUID NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    party TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    statement TEXT NOT NULL,
    replied_at TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_replies_replied_at_in_bounds CHECK (replied_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    CONSTRAINT pk_replies PRIMARY KEY (id)
);
COMMENT ON TABLE replies IS 'What parties without an account have replied to notices';
CREATE INDEX ix_replies_object ON replies (object, id);
"""


def upgrade() -> None:
    # While a statement waits for its lock, later statements on the table wait too. Raise a limit here, with the reason.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
