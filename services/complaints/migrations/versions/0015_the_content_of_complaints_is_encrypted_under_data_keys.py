"""The content of complaints is encrypted under data keys"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE data_keys (
    quarter TEXT COLLATE "C" NOT NULL,
    class TEXT COLLATE "C" NOT NULL,
    wrapped BYTEA,
    wrapped_by TEXT COLLATE "C",
    created_at TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_data_keys_created_at_in_bounds CHECK (created_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    destroyed_at TIMESTAMP WITH TIME ZONE CONSTRAINT ck_data_keys_destroyed_at_in_bounds CHECK (destroyed_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    CONSTRAINT pk_data_keys PRIMARY KEY (quarter, class),
    CONSTRAINT ck_data_keys_destroyed CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL)),
    CONSTRAINT ck_data_keys_wrapped_by CHECK ((wrapped IS NULL) = (wrapped_by IS NULL))
);
ALTER TABLE complaints ADD COLUMN text_cipher BYTEA;
-- squawk-ignore ban-drop-not-null
ALTER TABLE complaints ALTER COLUMN sender_raw DROP NOT NULL;
-- squawk-ignore ban-drop-not-null
ALTER TABLE complaints ALTER COLUMN text DROP NOT NULL;
-- squawk-ignore ban-drop-not-null
ALTER TABLE complaints ALTER COLUMN number_cipher DROP NOT NULL;
"""


def upgrade() -> None:
    # While a statement waits for its lock, later statements on the table wait too. Raise a limit here, with the reason.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
