"""The enterprises that ever had ports on an access code: its holder is found without reading all of its ports."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE access_code_holders (
    access_code text COLLATE "C" NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    holder text COLLATE "C" NOT NULL,
    CONSTRAINT pk_access_code_holders PRIMARY KEY (access_code, carrier, holder)
);
COMMENT ON TABLE access_code_holders IS
    'Whoever ever had a port on an access code at a carrier: among these is who holds it';

INSERT INTO access_code_holders (access_code, carrier, holder)
SELECT DISTINCT ports.access_code, ports.carrier, filings.holder FROM ports JOIN filings ON filings.port_id = ports.id;
"""


def upgrade() -> None:
    op.execute(TABLES)
