"""Entries, standings, and what they stand on."""

from alembic import op

from chassis.migrations import mechanism

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE clues (
    id uuid NOT NULL,
    version integer NOT NULL,
    annulled boolean NOT NULL,
    CONSTRAINT pk_clues PRIMARY KEY (id)
);
COMMENT ON TABLE clues IS 'One row per clue that an entry may stand on: whoever names it or hears of it locks it';

CREATE TABLE enterprise_names (
    code text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    valid_from timestamptz NOT NULL,
    version integer NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    CONSTRAINT pk_enterprise_names PRIMARY KEY (code)
);
COMMENT ON TABLE enterprise_names IS 'Names by credit code, a projection of the register: as filed last, and where';

CREATE TABLE enterprises (
    code text COLLATE "C" NOT NULL,
    CONSTRAINT pk_enterprises PRIMARY KEY (code)
);
COMMENT ON TABLE enterprises IS 'One row per enterprise that was ever decided on: whoever decides on it locks it';

CREATE TABLE entries (
    id uuid NOT NULL,
    version integer NOT NULL,
    code text COLLATE "C" NOT NULL,
    province text COLLATE "C" NOT NULL,
    name text,
    list text COLLATE "C" NOT NULL,
    tier text COLLATE "C" NOT NULL,
    ground text COLLATE "C" NOT NULL,
    cause text COLLATE "C" NOT NULL,
    correlation_id text COLLATE "C" NOT NULL,
    facts jsonb NOT NULL,
    article text NOT NULL,
    rules jsonb NOT NULL,
    causes jsonb NOT NULL,
    proposer text COLLATE "C",
    proposed_at timestamptz NOT NULL,
    contest_until timestamptz NOT NULL,
    state text COLLATE "C" NOT NULL,
    contested_at timestamptz,
    objection text,
    decided_by text COLLATE "C",
    decision_reason text,
    effective_at timestamptz,
    until timestamptz,
    repairable_from timestamptz,
    published boolean,
    new_resources text COLLATE "C",
    existing text COLLATE "C",
    repaired_at timestamptz,
    repair_statement text,
    expired_at timestamptz,
    withdrawn_at timestamptz,
    withdrawal text COLLATE "C",
    withdrawal_note text,
    CONSTRAINT pk_entries PRIMARY KEY (id),
    CONSTRAINT uq_entries_code_ground_cause UNIQUE (code, ground, cause)
);
CREATE INDEX ix_entries_causes ON entries USING gin (causes);
CREATE INDEX ix_entries_effective ON entries (code) WHERE state = 'effective';
CREATE INDEX ix_entries_province ON entries (province, id);
CREATE INDEX ix_entries_published ON entries (id) WHERE state = 'effective' AND published;
CREATE INDEX ix_entries_state ON entries (state, id);
CREATE INDEX ix_entries_until ON entries (until) WHERE state = 'effective';
CREATE UNIQUE INDEX uq_entries_orders ON entries (code)
    WHERE ground = 'orders' AND state IN ('proposed', 'contested', 'effective');
COMMENT ON TABLE entries IS 'Entries of the credit lists and what became of them';

CREATE TABLE orders (
    id uuid NOT NULL,
    version integer NOT NULL,
    code text COLLATE "C",
    carrier text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    ground text COLLATE "C" NOT NULL,
    executed_at timestamptz,
    fallen boolean NOT NULL,
    counts boolean NOT NULL,
    CONSTRAINT pk_orders PRIMARY KEY (id)
);
CREATE INDEX ix_orders_counting ON orders (code, executed_at) WHERE counts;
COMMENT ON TABLE orders IS 'One row per order that was executed, at its newest version; nothing is counted up';

CREATE TABLE standings (
    code text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    restrictions jsonb NOT NULL,
    CONSTRAINT pk_standings PRIMARY KEY (code),
    CONSTRAINT uq_standings_id UNIQUE (id)
);
COMMENT ON TABLE standings IS 'What every enterprise that was ever listed is restricted in now';
"""


def upgrade() -> None:
    op.execute(mechanism("0001"))
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE clues, enterprise_names, enterprises, entries, orders, standings")
