"""Tables of the complaints service."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from chassis import data_keys
from chassis.database import Key, metadata, moment, persons

METADATA = metadata()

DATA_KEYS = data_keys.declare(METADATA)
"""The keys of the contents of complaints."""

COMPLAINANTS = sa.Table(
    "complainants",
    METADATA,
    sa.Column("fingerprint", sa.LargeBinary, primary_key=True),
    sa.Column("id", sa.Uuid, nullable=False, unique=True),
    moment("first_seen_at", nullable=False),
)
"""Complainants as an earlier release knew them: a keyed fingerprint of the number, and a random id that never leaves
the service. Nothing is added any more; the next release drops the table."""

SURROGATES = sa.Table(
    "surrogates",
    METADATA,
    sa.Column("complainant_id", sa.Uuid, primary_key=True),
    sa.Column("quarter", Key, primary_key=True),
    sa.Column("id", sa.Uuid, nullable=False, unique=True),
)
"""The surrogate under which an earlier release published a complainant in a quarter ("2026Q4"). The next release drops
the table."""

COMPLAINTS = sa.Table(
    "complaints",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("channel", Key, nullable=False),
    sa.Column("external_id", Key, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("bucket", sa.SmallInteger, nullable=False),
    sa.Column("sender_number", Key, nullable=False),
    # What a complaint contains, in clear: of release 0.1.0, until a sweep has encrypted it.
    sa.Column("sender_raw", sa.Text),
    sa.Column("text", sa.Text),
    # What it contains, under the data keys of the quarter in which it was filed; NULL where it is erased.
    sa.Column("text_cipher", sa.LargeBinary),
    sa.Column("complainant_id", sa.Uuid, nullable=False),
    sa.Column("number_cipher", sa.LargeBinary),
    sa.Column("province", Key),
    moment("sent_at", nullable=False),
    moment("received_at", nullable=False),
    moment("filed_at", nullable=False),
    sa.Column("consented", Key, nullable=False),
    sa.Column("unsubscribed", sa.Boolean, nullable=False),
    sa.Column("vouched", sa.Boolean, nullable=False),
    # The receipt that release 0.1.0 stored, until a sweep has replaced it by its digest.
    sa.Column("receipt", Key),
    sa.Column("receipt_digest", sa.LargeBinary),
    sa.Column("state", Key, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    # The surrogates under which the complainant is published. NULL for complaints that were filed before surrogates
    # existed: the id was published for them, and still is.
    sa.Column("surrogate", sa.Uuid),
    sa.Column("surrogate_also", sa.Uuid),
    # The trace of the request that filed it, which its assessment continues.
    sa.Column("traceparent", Key),
    # The persons who filed or corrected it.
    persons(),
    # The current assessment, as far as lists and statistics need it.
    sa.Column("kind", Key),
    sa.Column("carrier", Key),
    sa.Column("industry", Key),
    sa.Column("category", Key),
    moment("assessed_at"),
    sa.UniqueConstraint("channel", "external_id"),
    sa.Index("uq_complaints_receipt", "receipt", unique=True, postgresql_where=sa.text("receipt IS NOT NULL")),
    sa.Index(
        "uq_complaints_receipt_digest",
        "receipt_digest",
        unique=True,
        postgresql_where=sa.text("receipt_digest IS NOT NULL"),
    ),
    sa.Index("ix_complaints_sender_number", "sender_number", "id"),
    # Complaints whose content is to be encrypted, the oldest first.
    sa.Index("ix_complaints_clear", "id", postgresql_where=sa.text("text IS NOT NULL")),
    # Complaints that wait for their assessment, the oldest first.
    sa.Index("ix_complaints_unassessed", "id", postgresql_where=sa.text("state = 'filed'")),
    sa.CheckConstraint("state IN ('filed', 'assessed', 'withdrawn')", name="state"),
    sa.CheckConstraint("state <> 'assessed' OR category IS NOT NULL", name="assessed"),
)

VOUCHED_COMPLAINTS = sa.Table(
    "vouched_complaints",
    METADATA,
    sa.Column("complainant_id", sa.Uuid, primary_key=True),
    moment("received_at", primary_key=True),
    sa.Column("complaint_id", sa.Uuid, primary_key=True),
    # NULL in rows of an earlier release: they count in every channel.
    sa.Column("channel", Key),
)
"""The complaints that their channels vouch for, by complainant and time: the cap counts these. It is a separate table,
because adding an index to `complaints` would have locked that."""

ASSESSMENTS = sa.Table(
    "assessments",
    METADATA,
    sa.Column("complaint_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("kind", Key, nullable=False),
    sa.Column("carrier", Key),
    sa.Column("holder", Key),
    sa.Column("provider", Key),
    sa.Column("signature", sa.Text),
    sa.Column("filed_signature", sa.Text),
    moment("as_of", nullable=False),
    sa.Column("industry", Key, nullable=False),
    sa.Column("category", Key, nullable=False),
    sa.Column("confidence", sa.Double, nullable=False),
    sa.Column("reasons", JSONB, nullable=False),
    sa.Column("rules", JSONB, nullable=False),
    sa.Column("excerpt", sa.Text, nullable=False),
    moment("assessed_at", nullable=False),
    sa.Column("assessor", Key, nullable=False),
    sa.Column("assessed_by", Key, nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("capped", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("signature_unreadable", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("claimed_holder", Key),
    sa.Column("claimed_provider", Key),
)
"""All assessments; rows are only added, until the complaint is withdrawn. The newest version is the current one."""

REVEALS = sa.Table(
    "reveals",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("complaint_id", sa.Uuid, nullable=False),
    sa.Column("province", Key),
    sa.Column("state", Key, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("requested_by", Key, nullable=False),
    moment("requested_at", nullable=False),
    sa.Column("decided_by", Key),
    moment("decided_at"),
    sa.Column("decision_reason", sa.Text),
    moment("expires_at"),
    sa.Column("rules", JSONB, nullable=False),
    # At most one request of one person about one complaint waits for its decision.
    sa.Index(
        "uq_reveals_waiting",
        *("complaint_id", "requested_by"),
        unique=True,
        postgresql_where=sa.text("state = 'requested'"),
    ),
    sa.Index("ix_reveals_complaint_id", "complaint_id"),
    sa.CheckConstraint("state IN ('requested', 'approved', 'refused')", name="state"),
    sa.CheckConstraint("(state = 'requested') = (decided_by IS NULL)", name="decided"),
    sa.CheckConstraint("(state = 'approved') = (expires_at IS NOT NULL)", name="expires"),
    sa.CheckConstraint("decided_by <> requested_by", name="four_eyes"),
)
"""Requests to see a complainant's number, and the decisions. Disclosures are in the audit log."""

CHANNEL_COUNT = sa.Table(
    "channel_count",
    METADATA,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    moment("counted_until", nullable=False),
)
"""One row: until when the complaints of channels are counted. The worker that counts locks it."""

CHANNEL_NUMBERS = sa.Table(
    "channel_numbers",
    METADATA,
    sa.Column("channel", Key, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("sender_number", Key, primary_key=True),
    sa.Column("complaints", sa.Integer, nullable=False),
    sa.Index("ix_channel_numbers_largest", "channel", "day", "complaints"),
)
"""How many complaints a channel filed about each number on the present day."""

CHANNEL_HOURS = sa.Table(
    "channel_hours",
    METADATA,
    sa.Column("channel", Key, primary_key=True),
    moment("hour", primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("complaints", sa.Integer, nullable=False),
    sa.Column("largest", sa.Integer, nullable=False),
)
"""How many complaints a channel filed in an hour, and the most about one number on that day until then."""

CHANNEL_HOLDS = sa.Table(
    "channel_holds",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("channel", Key, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("rules", JSONB, nullable=False),
    moment("held_at", nullable=False),
    moment("released_at"),
    sa.Column("released_by", Key),
    sa.Column("release_reason", sa.Text),
    sa.Index("uq_channel_holds_held", "channel", unique=True, postgresql_where=sa.text("released_at IS NULL")),
    sa.CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="released"),
)
"""Channels that are held, or were: what they file counts towards no automatic act."""

REGISTER_FILINGS = sa.Table(
    "register_filings",
    METADATA,
    sa.Column("filing", sa.Uuid, primary_key=True),
    sa.Column("carrier", Key, nullable=False),
    sa.Column("number", Key, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("content", JSONB, nullable=False),
    sa.Index("ix_register_filings_number", "number"),
)
"""The filings of the register, as the ports service publishes them; `version` is that of the port, `content` a
`contracts.ports.Filing`."""

REGISTER_HOLDERS = sa.Table(
    "register_holders",
    METADATA,
    sa.Column("filing", sa.Uuid, primary_key=True),
    sa.Column("carrier", Key, nullable=False),
    sa.Column("number", Key, nullable=False),
    sa.Column("access_code", Key, nullable=False),
    sa.Column("holder", Key, nullable=False),
    moment("valid_from", nullable=False),
    moment("on_record_from", nullable=False),
    sa.Index("ix_register_holders_held", "access_code", "carrier", "holder", "on_record_from"),
    sa.Index("ix_register_holders_began", "carrier", "number", "valid_from", "filing"),
)
"""Of each filing in `register_filings` what never changes and shows who held an access code at a moment."""

REGISTER_PORTS = sa.Table(
    "register_ports",
    METADATA,
    sa.Column("carrier", Key, primary_key=True),
    sa.Column("number", Key, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("access_code", Key, nullable=False),
    sa.Column("status", Key, nullable=False),
    sa.Column("holder", Key),
    moment("filed_since"),
    sa.Column("filings", JSONB, nullable=False),
    sa.Index("ix_register_ports_number", "number"),
    sa.Index("ix_register_ports_holders", "access_code", "carrier", "holder", "filed_since"),
)
"""The register as release 0.1.0 stores it: its processes use the table while they are replaced. The next release drops
it."""
