"""The tables of this service, beside those of the chassis."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database import Key, metadata, moment, persons

METADATA = metadata()

ENTERPRISES = sa.Table(
    "enterprises",
    METADATA,
    sa.Column("code", Key, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("filing", sa.Uuid, nullable=False),
    comment="Projection of the register: enterprises by the name that the last filing has",
)

SUBJECTS = sa.Table(
    "subjects",
    METADATA,
    sa.Column("kind", Key, primary_key=True),
    sa.Column("value", Key, primary_key=True),
    comment="One row per subject, locked before what is collected about it changes",
)

EVIDENCE = sa.Table(
    "evidence",
    METADATA,
    sa.Column("complaint_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    # `counts`: spam and not withdrawn; the complaint is in a clue, or set aside with a reason.
    sa.Column("counts", sa.Boolean, nullable=False),
    sa.Column("set_aside", Key),
    # The clue that it is in. The place where it belongs is in the four columns of the subject, industry and period.
    sa.Column("clue_id", sa.Uuid),
    # All columns below are NULL for a complaint that was withdrawn before its first assessment was received.
    sa.Column("subject_kind", Key),
    sa.Column("subject_value", Key),
    sa.Column("industry", Key),
    sa.Column("period", Key),
    sa.Column("category", Key),
    sa.Column("complainant", sa.Uuid),
    sa.Column("vouched", sa.Boolean),
    sa.Column("number", Key),
    sa.Column("number_kind", Key),
    sa.Column("carrier", Key),
    sa.Column("holder", Key),
    sa.Column("province", Key),
    sa.Column("excerpt", sa.Text),
    moment("received_hour"),
    persons(),
    sa.CheckConstraint("counts OR set_aside IS NULL", name="only_what_counts_is_set_aside"),
    sa.Index("ix_evidence_clue_id", "clue_id", "province", postgresql_where=sa.text("clue_id IS NOT NULL")),
    comment="One row per complaint, at its newest version; nothing is counted up",
)

CLUES = sa.Table(
    "clues",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("subject_kind", Key, nullable=False),
    sa.Column("subject_value", Key, nullable=False),
    sa.Column("subject_name", sa.Text),
    sa.Column("industry", Key, nullable=False),
    sa.Column("period", Key, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("cause", Key, nullable=False),
    sa.Column("correlation_id", Key, nullable=False),
    sa.Column("authority", Key),
    sa.Column("rules", JSONB, nullable=False),
    persons(),
    moment("opened_at", nullable=False),
    sa.Column("state", Key, nullable=False),
    # The tally, frozen when the clue is sealed or concluded. While it is open the evidence is counted instead.
    sa.Column("complaints", sa.Integer),
    sa.Column("complainants", sa.Integer),
    sa.Column("vouched", sa.Integer),
    sa.Column("senders", sa.Integer),
    sa.Column("carriers", JSONB, nullable=False),
    sa.Column("batch_id", sa.Uuid),
    moment("referred_at"),
    moment("conclude_by"),
    moment("extended_at"),
    sa.Column("extension_reason", sa.Text),
    moment("received_at"),
    moment("first_received_at"),
    moment("returned_at"),
    sa.Column("return_reason", Key),
    sa.Column("return_note", sa.Text),
    sa.Column("suggested", Key),
    moment("overdue_since"),
    moment("first_overdue_at"),
    moment("due_at"),
    moment("concluded_at"),
    sa.Column("conclusion_code", Key),
    sa.Column("amount", sa.BigInteger),
    sa.Column("enterprise", Key),
    sa.Column("decision", sa.Text),
    sa.Column("merged_into", sa.Uuid),
    sa.Column("transferred_to", sa.Text),
    sa.Column("conclusion_note", sa.Text),
    moment("annulled_at"),
    sa.Column("annulment_reason", sa.Text),
    sa.CheckConstraint("(state = 'open') = (complaints IS NULL)", name="an_open_one_is_not_counted_up"),
    sa.UniqueConstraint("subject_kind", "subject_value", "industry", "period", "sequence"),
    sa.Index(
        "uq_clues_open", "subject_kind", "subject_value", "industry", "period",
        unique=True, postgresql_where=sa.text("state = 'open'"),
    ),
    sa.Index("ix_clues_sealable", "authority", "id", postgresql_where=sa.text("state IN ('open', 'routed')")),
    sa.Index("ix_clues_authority", "authority", "state", "id"),
    sa.Index("ix_clues_state", "state", "id"),
    sa.Index("ix_clues_batch_id", "batch_id"),
    sa.Index("ix_clues_due_at", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
    comment="Clues; at most one open one per subject, industry and period",
)  # fmt: skip

SEALINGS = sa.Table(
    "sealings",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("because", Key, nullable=False),
    sa.Column("authority", Key),
    sa.Column("through", Key),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("requested_by", Key, nullable=False),
    moment("requested_at", nullable=False),
    moment("done_at"),
    # The calendar seals the clues of a quarter once.
    sa.Index("uq_sealings_calendar", "through", unique=True, postgresql_where=sa.text("because = 'calendar'")),
    sa.Index("ix_sealings_open", "id", postgresql_where=sa.text("done_at IS NULL")),
    comment="Orders to seal what is open, by the calendar and by staff, worked off in slices",
)

BATCHES = sa.Table(
    "batches",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("authority", Key, nullable=False),
    sa.Column("because", Key, nullable=False),
    sa.Column("sealing_id", sa.Uuid, sa.ForeignKey(SEALINGS.c.id)),
    sa.Column("correlation_id", Key, nullable=False),
    sa.Column("clues", sa.Integer, nullable=False),
    sa.Column("manifest", sa.LargeBinary, nullable=False),
    sa.Column("digest", Key, nullable=False),
    sa.Column("state", Key, nullable=False),
    moment("sealed_at", nullable=False),
    moment("received_at"),
    sa.Index("ix_batches_authority", "authority", "state", "id"),
    sa.Index("ix_batches_sealing_id", "sealing_id"),
    comment="What was sealed for an authority: the manifest of the documents, and its digest",
)

DOCUMENTS = sa.Table(
    "documents",
    METADATA,
    sa.Column("clue_id", sa.Uuid, sa.ForeignKey(CLUES.c.id), primary_key=True),
    sa.Column("batch_id", sa.Uuid, sa.ForeignKey(BATCHES.c.id), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("digest", Key, nullable=False),
    sa.UniqueConstraint("batch_id", "position"),
    comment="Clues as they were handed over: rows are only ever added",
)
