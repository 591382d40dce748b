"""Rows and items of work that fail, set aside so that the others continue."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database import MECHANISM, Key, moment

QUARANTINED_ITEMS = sa.Table(
    "quarantined_items",
    MECHANISM,
    sa.Column("sweep", Key, primary_key=True),
    sa.Column("item", Key, primary_key=True),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    moment("next_at", nullable=False),
    moment("quarantined_at", nullable=False),
    comment="Items of a sweep that failed alone; each is tried again at `next_at`",
)

QUARANTINED_ROWS = sa.Table(
    "quarantined_rows",
    MECHANISM,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("table_name", Key, nullable=False),
    sa.Column("content", JSONB, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    moment("quarantined_at", nullable=False),
    comment="Rows that a migration moved out of their table, because no later release can read them",
)
