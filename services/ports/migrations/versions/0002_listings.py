"""Listed enterprises, proposals to shut, and the second surrogate of complainants around a change of quarter."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE evidence ADD COLUMN complainant_also uuid;
ALTER TABLE evidence ADD COLUMN capped boolean;
ALTER TABLE filings ADD COLUMN hindrance text COLLATE "C";

CREATE TABLE listed_ports (
    entry uuid NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    order_id uuid,
    CONSTRAINT pk_listed_ports PRIMARY KEY (entry, carrier, number)
);
CREATE INDEX ix_listed_ports_number ON listed_ports (number, carrier);
CREATE INDEX ix_listed_ports_order_id ON listed_ports (order_id) WHERE order_id IS NOT NULL;
COMMENT ON TABLE listed_ports IS
    'The ports that an enterprise had when its listing set out to shut them, and the order for each';

CREATE TABLE listing_refusals (
    entry uuid NOT NULL,
    filing_id uuid NOT NULL,
    CONSTRAINT pk_listing_refusals PRIMARY KEY (entry, filing_id)
);
COMMENT ON TABLE listing_refusals IS 'The filings that a listing kept out of the register';

CREATE TABLE listings (
    entry uuid NOT NULL,
    code text COLLATE "C" NOT NULL,
    province text COLLATE "C" NOT NULL,
    list text COLLATE "C" NOT NULL,
    tier text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    article text NOT NULL,
    new_resources text COLLATE "C" NOT NULL,
    existing text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    version integer NOT NULL,
    phase text COLLATE "C" NOT NULL,
    correlation_id text COLLATE "C" NOT NULL,
    ended_at timestamptz,
    CONSTRAINT pk_listings PRIMARY KEY (entry)
);
CREATE INDEX ix_listings_at_work ON listings (phase, entry) WHERE phase IN ('shutting', 'lifting');
CREATE INDEX ix_listings_code ON listings (code);
COMMENT ON TABLE listings IS 'One row per entry of the credit lists that was ever in force for an enterprise';

CREATE TABLE shutdown_proposals (
    id uuid NOT NULL,
    version integer NOT NULL,
    state text COLLATE "C" NOT NULL,
    carrier text COLLATE "C",
    number text COLLATE "C",
    listing uuid,
    code text COLLATE "C",
    province text COLLATE "C",
    reason text NOT NULL,
    proposed_by text COLLATE "C" NOT NULL,
    proposer text COLLATE "C",
    correlation_id text COLLATE "C" NOT NULL,
    proposed_at timestamptz NOT NULL,
    decider text COLLATE "C",
    decision_reason text,
    decided_at timestamptz,
    order_id uuid,
    CONSTRAINT pk_shutdown_proposals PRIMARY KEY (id),
    CONSTRAINT ck_shutdown_proposals_is_of_a_port_or_of_a_listing CHECK ((number IS NULL) <> (listing IS NULL))
);
CREATE INDEX ix_shutdown_proposals_listing ON shutdown_proposals (listing);
CREATE INDEX ix_shutdown_proposals_number ON shutdown_proposals (number, carrier);
CREATE INDEX ix_shutdown_proposals_state ON shutdown_proposals (state, id);
CREATE UNIQUE INDEX uq_shutdown_proposals_listing ON shutdown_proposals (listing)
    WHERE state = 'proposed' AND listing IS NOT NULL;
CREATE UNIQUE INDEX uq_shutdown_proposals_port ON shutdown_proposals (carrier, number)
    WHERE state = 'proposed' AND listing IS NULL;
COMMENT ON TABLE shutdown_proposals IS
    'Proposals to shut a port, or all ports of a listed enterprise, which somebody else decides';

CREATE TABLE standings (
    code text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    restrictions jsonb NOT NULL,
    CONSTRAINT pk_standings PRIMARY KEY (code)
);
COMMENT ON TABLE standings IS
    'What the credit lists forbid an enterprise now, at its newest version; filings are judged by it';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE listed_ports, listing_refusals, listings, shutdown_proposals, standings")
    op.execute("ALTER TABLE evidence DROP COLUMN complainant_also, DROP COLUMN capped")
    op.execute("ALTER TABLE filings DROP COLUMN hindrance")
