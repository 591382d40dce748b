"""The tables of this service; those of the chassis come in addition."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from chassis import notices
from chassis.database import Key, metadata, moment, persons

METADATA = metadata()
notices.declare(METADATA)

CLUES = sa.Table(
    "clues",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("annulled", sa.Boolean, nullable=False),
    persons(),
    comment="One row per clue that may cause an entry; transactions that name it or change it lock the row",
)

ENTERPRISES = sa.Table(
    "enterprises",
    METADATA,
    sa.Column("code", Key, primary_key=True),
    comment="One row per enterprise that was ever decided on; a transaction that decides on it locks the row",
)

NAMES = sa.Table(
    "enterprise_names",
    METADATA,
    sa.Column("code", Key, primary_key=True),
    sa.Column("name", sa.Text(collation="C"), nullable=False),
    moment("valid_from", nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("carrier", Key, nullable=False),
    sa.Column("number", Key, nullable=False),
    comment="Names by credit code, a projection of the port register: from the newest filing",
)

ORDERS = sa.Table(
    "orders",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("code", Key),
    sa.Column("carrier", Key, nullable=False),
    sa.Column("number", Key, nullable=False),
    sa.Column("ground", Key, nullable=False),
    moment("executed_at"),
    sa.Column("fallen", sa.Boolean, nullable=False),
    # `counts`: executed, not fallen, against a known enterprise, and not caused by a listing.
    sa.Column("counts", sa.Boolean, nullable=False),
    persons(),
    sa.Index("ix_orders_counting", "code", "executed_at", postgresql_where=sa.text("counts")),
    comment="One row per order, at its newest version; orders are counted by reading these rows",
)

ENTRIES = sa.Table(
    "entries",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("code", Key, nullable=False),
    sa.Column("province", Key, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("list", Key, nullable=False),
    sa.Column("tier", Key, nullable=False),
    sa.Column("ground", Key, nullable=False),
    sa.Column("cause", Key, nullable=False),
    sa.Column("correlation_id", Key, nullable=False),
    sa.Column("facts", JSONB, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("rules", JSONB, nullable=False),
    sa.Column("causes", JSONB, nullable=False),
    sa.Column("proposer", Key),
    persons(),
    moment("proposed_at", nullable=False),
    moment("contest_until", nullable=False),
    sa.Column("state", Key, nullable=False),
    moment("contested_at"),
    sa.Column("objection", sa.Text),
    moment("waived_at"),
    sa.Column("decided_by", Key),
    sa.Column("decision_reason", sa.Text),
    moment("effective_at"),
    moment("until"),
    moment("repairable_from"),
    sa.Column("published", sa.Boolean),
    sa.Column("new_resources", Key),
    sa.Column("existing", Key),
    moment("repaired_at"),
    sa.Column("repair_statement", sa.Text),
    moment("expired_at"),
    moment("withdrawn_at"),
    sa.Column("withdrawal", Key),
    sa.Column("withdrawal_note", sa.Text),
    moment("review_withdrawal_by"),
    moment("withdrawal_reviewed_at"),
    sa.Column("withdrawal_review", Key),
    sa.Column("withdrawal_review_reason", sa.Text),
    sa.Column("replaced_by", sa.Uuid),
    sa.UniqueConstraint("code", "ground", "cause"),
    # At most one active entry because of orders per enterprise.
    sa.Index(
        "uq_entries_orders", "code", unique=True,
        postgresql_where=sa.text("ground = 'orders' AND state IN ('proposed', 'contested', 'effective')"),
    ),
    sa.Index("ix_entries_state", "state", "id"),
    sa.Index("ix_entries_province", "province", "id"),
    sa.Index("ix_entries_causes", "causes", postgresql_using="gin"),
    sa.Index("ix_entries_effective", "code", postgresql_where=sa.text("state = 'effective'")),
    sa.Index("ix_entries_until", "until", postgresql_where=sa.text("state = 'effective'")),
    # Withdrawals that wait for their review.
    sa.Index(
        "ix_entries_review_withdrawal_by", "review_withdrawal_by",
        postgresql_where=sa.text("review_withdrawal_by IS NOT NULL AND withdrawal_review IS NULL"),
    ),
    sa.Index("ix_entries_published", "id", postgresql_where=sa.text("state = 'effective' AND published")),
    comment="Entries of the credit lists",
)  # fmt: skip

STANDINGS = sa.Table(
    "standings",
    METADATA,
    sa.Column("code", Key, primary_key=True),
    sa.Column("id", sa.Uuid, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("restrictions", JSONB, nullable=False),
    sa.UniqueConstraint("id"),
    comment="The present restrictions of every enterprise that was ever listed",
)
