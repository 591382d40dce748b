"""The tables of this service, in addition to those of the chassis."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from chassis import notices
from chassis.database import Key, metadata, moment, persons

METADATA = metadata()
notices.declare(METADATA)

SENDERS = sa.Table(
    "senders",
    METADATA,
    sa.Column("number", Key, primary_key=True),
    comment="One row per number that was ever processed: a transaction that decides on a number locks its row",
)

PORTS = sa.Table(
    "ports",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("carrier", Key, nullable=False),
    sa.Column("number", Key, nullable=False),
    sa.Column("access_code", Key, nullable=False),
    sa.Column("status", Key, nullable=False),
    sa.Column("covers_extensions", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("history_version", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("carrier", "number"),
    sa.Index("ix_ports_number", "number"),
    sa.Index("ix_ports_access_code", "access_code"),
    sa.Index("ix_ports_covering", "number", postgresql_where=sa.text("covers_extensions")),
    sa.Index("ix_ports_unpublished_history", "id", postgresql_where=sa.text("history_version <> version")),
    comment="The register: one row per number and carrier",
)

FILINGS = sa.Table(
    "filings",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("port_id", sa.Uuid, sa.ForeignKey(PORTS.c.id)),
    sa.Column("carrier", Key, nullable=False),
    sa.Column("number", Key, nullable=False),
    sa.Column("holder", Key, nullable=False),
    sa.Column("holder_name", sa.Text, nullable=False),
    sa.Column("provider", Key, nullable=False),
    sa.Column("provider_name", sa.Text, nullable=False),
    sa.Column("signature", sa.Text, nullable=False),
    sa.Column("purpose", Key, nullable=False),
    sa.Column("province", Key),
    sa.Column("covers_extensions", sa.Boolean, nullable=False),
    moment("valid_from", nullable=False),
    moment("valid_to"),
    moment("recorded_at", nullable=False),
    sa.Column("decision", Key, nullable=False),
    sa.Column("reasons", JSONB, nullable=False),
    sa.Column("hindered_by", sa.Uuid),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    # The kind of `hindered_by`: an order or a listing. NULL, in rows from before listings existed: an order.
    sa.Column("hindrance", Key),
    # Since when it decides who is responsible for messages. NULL, in rows of release 0.1.0: since `valid_from`.
    moment("on_record_from"),
    sa.Column("initial", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("filed_by", JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
    sa.CheckConstraint("(decision = 'accepted') = (port_id IS NOT NULL)", name="accepted_ones_have_a_port"),
    sa.Index("ix_filings_port_id", "port_id"),
    sa.Index("ix_filings_number", "number"),
    # A filing that is refused again because of the same order or listing is stored once.
    sa.Index(
        "uq_filings_refused", "carrier", "number", "digest", "hindered_by",
        unique=True, postgresql_where=sa.text("decision = 'refused'"),
    ),
    comment="Every filing and what became of it; the accepted ones are the register's history",
)  # fmt: skip

ACCESS_CODE_HOLDERS = sa.Table(
    "access_code_holders",
    METADATA,
    sa.Column("access_code", Key, primary_key=True),
    sa.Column("carrier", Key, primary_key=True),
    sa.Column("holder", Key, primary_key=True),
    comment="Enterprises that ever had a port on an access code at a carrier: its holder is one of them",
)

INITIAL_LOADS = sa.Table(
    "initial_loads",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("carrier", Key, nullable=False),
    sa.Column("reason", sa.Text),
    persons(),
    moment("opened_at", nullable=False),
    sa.Column("opened_by", Key),
    moment("closed_at"),
    sa.Column("closed_by", Key),
    sa.Column("closing_reason", sa.Text),
    sa.UniqueConstraint("carrier"),
    comment="The initial load of each carrier: while it is open, filings count from their own valid_from on",
)

EVIDENCE = sa.Table(
    "evidence",
    METADATA,
    sa.Column("complaint_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("number", Key, nullable=False),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    # Everything below is unknown for a complaint that was withdrawn before its assessment was received.
    sa.Column("counts", sa.Boolean, nullable=False),
    sa.Column("standing", Key),
    sa.Column("hint", Key),
    sa.Column("carrier", Key),
    sa.Column("holder", Key),
    sa.Column("signature", sa.Text),
    sa.Column("filed_signature", sa.Text),
    sa.Column("category", Key),
    sa.Column("complainant", sa.Uuid),
    sa.Column("vouched", sa.Boolean),
    sa.Column("province", Key),
    moment("sent_at"),
    sa.Column("complainant_also", sa.Uuid),
    sa.Column("capped", sa.Boolean),
    sa.Column("signature_unreadable", sa.Boolean, nullable=False, server_default=sa.false()),
    # NULL for evidence that an earlier release stored.
    sa.Column("channel", Key),
    sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()),
    moment("arrived_at"),
    persons(),
    # `counts`: spam, vouched, not capped and not withdrawn. Decisions use only these rows.
    sa.Index("ix_evidence_counting", "number", "sent_at", postgresql_where=sa.text("counts")),
    comment="One row per complaint about a port, at its newest version; nothing is counted up",
)

ORDERS = sa.Table(
    "orders",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("carrier", Key, nullable=False),
    sa.Column("number", Key, nullable=False),
    sa.Column("cause", Key, nullable=False),
    sa.Column("correlation_id", Key, nullable=False),
    persons(),
    sa.Column("ground", Key, nullable=False),
    sa.Column("attribution", Key, nullable=False),
    sa.Column("holder", Key),
    sa.Column("provider", Key),
    sa.Column("signature", sa.Text),
    sa.Column("province", Key),
    sa.Column("complainants", sa.Integer, nullable=False),
    sa.Column("reasons", JSONB, nullable=False),
    sa.Column("rules", JSONB, nullable=False),
    sa.Column("causes", JSONB, nullable=False),
    moment("ordered_at", nullable=False),
    moment("visible_at"),
    moment("acknowledge_by", nullable=False),
    moment("execute_by", nullable=False),
    sa.Column("state", Key, nullable=False),
    moment("acknowledged_at"),
    moment("executed_at"),
    sa.Column("evidence", sa.Text),
    moment("refused_at"),
    sa.Column("refusal_code", Key),
    sa.Column("refusal_note", sa.Text),
    moment("overdue_since"),
    moment("acknowledgement_missed_at"),
    moment("execution_missed_at"),
    moment("lifted_at"),
    sa.Column("lift_reason", sa.Text),
    moment("review_lift_by"),
    moment("lift_reviewed_at"),
    sa.Column("lift_review", Key),
    sa.Column("lift_review_reason", sa.Text),
    sa.Column("replaced_by", sa.Uuid),
    moment("ground_fell_at"),
    sa.Column("traceparent", Key),
    moment("due_at"),
    sa.UniqueConstraint("carrier", "number", "cause"),
    sa.Index(
        "uq_orders_open", "carrier", "number", unique=True, postgresql_where=sa.text("state <> 'lifted'")
    ),
    sa.Index("ix_orders_number", "number"),
    sa.Index("ix_orders_carrier_state", "carrier", "state", "id"),
    sa.Index("ix_orders_due_at", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
    # Lifts that wait for their review.
    sa.Index(
        "ix_orders_review_lift_by",
        "review_lift_by",
        postgresql_where=sa.text("review_lift_by IS NOT NULL AND lift_review IS NULL"),
    ),
    comment="Orders to shut a port; at most one open one per port",
)  # fmt: skip

ENQUIRIES = sa.Table(
    "enquiries",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("carrier", Key, nullable=False),
    sa.Column("number", Key, nullable=False),
    sa.Column("cause", Key, nullable=False),
    sa.Column("correlation_id", Key, nullable=False),
    persons(),
    sa.Column("addressed_because", Key, nullable=False),
    sa.Column("holder", Key),
    sa.Column("complainants", sa.Integer, nullable=False),
    sa.Column("reasons", JSONB, nullable=False),
    sa.Column("rules", JSONB, nullable=False),
    sa.Column("causes", JSONB, nullable=False),
    moment("sent_at", nullable=False),
    moment("visible_at"),
    moment("answer_by", nullable=False),
    sa.Column("state", Key, nullable=False),
    sa.Column("answer", Key),
    sa.Column("answer_note", sa.Text),
    moment("answered_at"),
    moment("unanswered_at"),
    sa.Column("traceparent", Key),
    sa.UniqueConstraint("carrier", "number", "cause"),
    sa.Index("ix_enquiries_number", "number"),
    sa.Index("ix_enquiries_carrier_state", "carrier", "state", "id"),
    sa.Index("ix_enquiries_answer_by", "answer_by", postgresql_where=sa.text("state = 'sent'")),
    comment="Questions to carriers about numbers that are not filed",
)

STANDINGS = sa.Table(
    "standings",
    METADATA,
    sa.Column("code", Key, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("restrictions", JSONB, nullable=False),
    comment="What the credit lists forbid an enterprise now, at its newest version; filings are judged by it",
)

LISTINGS = sa.Table(
    "listings",
    METADATA,
    sa.Column("entry", sa.Uuid, primary_key=True),
    sa.Column("code", Key, nullable=False),
    sa.Column("province", Key, nullable=False),
    sa.Column("list", Key, nullable=False),
    sa.Column("tier", Key, nullable=False),
    sa.Column("reason", Key, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("new_resources", Key, nullable=False),
    sa.Column("existing", Key, nullable=False),
    moment("since", nullable=False),
    moment("until", nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("phase", Key, nullable=False),
    sa.Column("correlation_id", Key, nullable=False),
    persons(),
    moment("ended_at"),
    sa.Index("ix_listings_code", "code"),
    sa.Index("ix_listings_at_work", "phase", "entry", postgresql_where=sa.text("phase IN ('shutting', 'lifting')")),
    comment="One row per entry of the credit lists that was ever in force for an enterprise",
)

LISTED_PORTS = sa.Table(
    "listed_ports",
    METADATA,
    sa.Column("entry", sa.Uuid, primary_key=True),
    sa.Column("carrier", Key, primary_key=True),
    sa.Column("number", Key, primary_key=True),
    sa.Column("order_id", sa.Uuid),
    sa.Index("ix_listed_ports_number", "number", "carrier"),
    sa.Index("ix_listed_ports_order_id", "order_id", postgresql_where=sa.text("order_id IS NOT NULL")),
    comment="The ports that an enterprise had when its listing began to shut them, and the order for each",
)

LISTING_REFUSALS = sa.Table(
    "listing_refusals",
    METADATA,
    sa.Column("entry", sa.Uuid, primary_key=True),
    sa.Column("filing_id", sa.Uuid, primary_key=True),
    comment="The filings that a listing kept out of the register",
)

SHUTDOWN_PROPOSALS = sa.Table(
    "shutdown_proposals",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", Key, nullable=False),
    sa.Column("carrier", Key),
    sa.Column("number", Key),
    sa.Column("listing", sa.Uuid),
    sa.Column("code", Key),
    sa.Column("province", Key),
    sa.Column("reason", sa.Text, nullable=False),
    # What complaints give for the shutdown, where the rules propose one port.
    sa.Column("basis", JSONB),
    sa.Column("proposed_by", Key, nullable=False),
    sa.Column("proposer", Key),
    sa.Column("correlation_id", Key, nullable=False),
    persons(),
    moment("proposed_at", nullable=False),
    sa.Column("decider", Key),
    sa.Column("decision_reason", sa.Text),
    moment("decided_at"),
    sa.Column("order_id", sa.Uuid),
    sa.CheckConstraint("(number IS NULL) <> (listing IS NULL)", name="is_of_a_port_or_of_a_listing"),
    sa.Index(
        "uq_shutdown_proposals_port", "carrier", "number",
        unique=True, postgresql_where=sa.text("state = 'proposed' AND listing IS NULL"),
    ),
    sa.Index(
        "uq_shutdown_proposals_listing", "listing",
        unique=True, postgresql_where=sa.text("state = 'proposed' AND listing IS NOT NULL"),
    ),
    sa.Index("ix_shutdown_proposals_number", "number", "carrier"),
    sa.Index("ix_shutdown_proposals_listing", "listing"),
    sa.Index("ix_shutdown_proposals_state", "state", "id"),
    comment="Proposals to shut a port, or all ports of a listed enterprise, decided by another person",
)  # fmt: skip
