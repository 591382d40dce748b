"""Parcels and their arrivals, with the tables of the chassis."""

from alembic import op

from chassis.migrations import mechanism

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE arrivals (
    parcel_id uuid NOT NULL,
    sender text COLLATE "C" NOT NULL,
    delivered_at timestamptz NOT NULL,
    late boolean NOT NULL,
    CONSTRAINT ck_arrivals_delivered_at_in_bounds
        CHECK (delivered_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    CONSTRAINT pk_arrivals PRIMARY KEY (parcel_id)
);
COMMENT ON TABLE arrivals IS 'One row per delivered parcel, written by the reaction';

CREATE TABLE parcels (
    id uuid NOT NULL,
    version integer NOT NULL,
    sender text COLLATE "C" NOT NULL,
    recipient text NOT NULL,
    correlation_id text COLLATE "C" NOT NULL,
    rules jsonb NOT NULL,
    sent_at timestamptz NOT NULL,
    deliver_by timestamptz NOT NULL,
    state text COLLATE "C" NOT NULL,
    delivered_at timestamptz,
    overdue_since timestamptz,
    CONSTRAINT ck_parcels_sent_at_in_bounds
        CHECK (sent_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    CONSTRAINT ck_parcels_deliver_by_in_bounds
        CHECK (deliver_by BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    CONSTRAINT ck_parcels_delivered_at_in_bounds
        CHECK (delivered_at BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    CONSTRAINT ck_parcels_overdue_since_in_bounds
        CHECK (overdue_since BETWEEN '2000-01-01T00:00:00+08:00' AND '2100-01-01T00:00:00+08:00'),
    CONSTRAINT pk_parcels PRIMARY KEY (id)
);
CREATE INDEX ix_parcels_sender ON parcels (sender, id);
CREATE INDEX ix_parcels_due ON parcels (deliver_by) WHERE state = 'sent' AND overdue_since IS NULL;
COMMENT ON TABLE parcels IS 'Parcels, each at its newest version';
CREATE INDEX ix_idempotency_keys_about ON idempotency_keys (about) WHERE about IS NOT NULL;
"""


def upgrade() -> None:
    for step in ("0001", "0002", "0003", "0004", "0005", "0006", "0007"):
        op.execute(mechanism(step))
    op.execute(TABLES)
