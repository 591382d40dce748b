"""Channels are held"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE channel_count (
    id SMALLINT NOT NULL,
    counted_until TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_channel_count_counted_until_in_bounds CHECK (counted_until BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    CONSTRAINT pk_channel_count PRIMARY KEY (id)
);
CREATE TABLE channel_holds (
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    reason TEXT NOT NULL,
    rules JSONB NOT NULL,
    held_at TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_channel_holds_held_at_in_bounds CHECK (held_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    released_at TIMESTAMP WITH TIME ZONE CONSTRAINT ck_channel_holds_released_at_in_bounds CHECK (released_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    released_by TEXT COLLATE "C",
    release_reason TEXT,
    CONSTRAINT pk_channel_holds PRIMARY KEY (id),
    CONSTRAINT ck_channel_holds_released CHECK ((released_at IS NULL) = (released_by IS NULL))
);
CREATE UNIQUE INDEX uq_channel_holds_held ON channel_holds (channel) WHERE released_at IS NULL;
CREATE TABLE channel_hours (
    channel TEXT COLLATE "C" NOT NULL,
    hour TIMESTAMP WITH TIME ZONE NOT NULL CONSTRAINT ck_channel_hours_hour_in_bounds CHECK (hour BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    day DATE NOT NULL,
    complaints INTEGER NOT NULL,
    largest INTEGER NOT NULL,
    CONSTRAINT pk_channel_hours PRIMARY KEY (channel, hour)
);
CREATE TABLE channel_numbers (
    channel TEXT COLLATE "C" NOT NULL,
    day DATE NOT NULL,
    sender_number TEXT COLLATE "C" NOT NULL,
    complaints INTEGER NOT NULL,
    CONSTRAINT pk_channel_numbers PRIMARY KEY (channel, day, sender_number)
);
CREATE INDEX ix_channel_numbers_largest ON channel_numbers (channel, day, complaints);
ALTER TABLE assessments ADD COLUMN held BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE vouched_complaints ADD COLUMN channel TEXT COLLATE "C";
"""


def upgrade() -> None:
    # While a statement waits for its lock, later statements on the table wait too. Raise a limit here, with the reason.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    op.execute(STATEMENTS)
