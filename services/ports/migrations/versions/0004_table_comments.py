"""The comments of tables in plain terms."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COMMENTS = {
    "senders": (
        "One row per number that was ever heard of: whoever decides on it locks it",
        "One row per number that was ever processed: a transaction that decides on a number locks its row",
    ),
    "access_code_holders": (
        "Whoever ever had a port on an access code at a carrier: among these is who holds it",
        "Enterprises that ever had a port on an access code at a carrier: its holder is one of them",
    ),
    "enquiries": (
        "Questions to carriers about numbers that nobody filed",
        "Questions to carriers about numbers that are not filed",
    ),
    "listed_ports": (
        "The ports that an enterprise had when its listing set out to shut them, and the order for each",
        "The ports that an enterprise had when its listing began to shut them, and the order for each",
    ),
    "shutdown_proposals": (
        "Proposals to shut a port, or all ports of a listed enterprise, which somebody else decides",
        "Proposals to shut a port, or all ports of a listed enterprise, decided by a second person",
    ),
}
"""By table: the comment before this revision, and after it."""


def upgrade() -> None:
    for table, (_, comment) in COMMENTS.items():
        op.execute(f"COMMENT ON TABLE {table} IS '{comment}'")


def downgrade() -> None:
    for table, (comment, _) in COMMENTS.items():
        op.execute(f"COMMENT ON TABLE {table} IS '{comment}'")
