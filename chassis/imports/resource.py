"""An import as a resource: its tables, and how it is read.

A file waits as chunks. Each chunk is applied in its own transaction, in any order and by any number of workers. Counts
are never incremented: each chunk has its own, and those of the import are their sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import MECHANISM, Key, Read, Tx, moment, persons
from chassis.http.auth import Caller
from chassis.imports.lines import LineError

RECEIVED, FINISHED, FAILED = "received", "finished", "failed"
RUNNING = "running"
"""Derived, not stored: received, with some chunks applied."""

IMPORTS = sa.Table(
    "imports",
    MECHANISM,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", Key, nullable=False),
    sa.Column("submitted_by", Key, nullable=False),
    sa.Column("org", Key, nullable=False),
    persons(),
    sa.Column("media_type", Key, nullable=False),
    sa.Column("columns", ARRAY(sa.Text), nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("lines", sa.Integer, nullable=False),
    sa.Column("state", Key, nullable=False),
    sa.Column("lines_read", sa.Integer),
    sa.Column("accepted", sa.Integer),
    sa.Column("duplicates", sa.Integer),
    sa.Column("rejected", sa.Integer),
    moment("created_at", nullable=False),
    moment("finished_at"),
    sa.Column("failure", sa.Text),
    sa.Index("ix_imports_kind", "kind", "id"),
    sa.Index("ix_imports_open", "kind", "id", postgresql_where=sa.text("state = 'received'")),
    sa.CheckConstraint("state IN ('received', 'finished', 'failed')", name="state"),
    sa.CheckConstraint(
        "state <> 'finished' OR (lines = lines_read AND lines_read = accepted + duplicates + rejected"
        " AND finished_at IS NOT NULL)",
        name="reconciled",
    ),
    sa.CheckConstraint("(state = 'failed') = (failure IS NOT NULL)", name="failure"),
)

CHUNKS = sa.Table(
    "import_chunks",
    MECHANISM,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey(IMPORTS.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("first_line", sa.Integer, nullable=False),
    sa.Column("lines", sa.Integer, nullable=False),
    sa.Column("sealed", sa.Boolean, nullable=False),
    sa.Column("content", sa.LargeBinary),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default=sa.text("0")),
    moment("due_at", nullable=False),
    moment("done_at"),
    sa.Column("accepted", sa.Integer),
    sa.Column("duplicates", sa.Integer),
    sa.Column("rejected", sa.Integer),
    sa.Index("ix_import_chunks_undone", "import_id", "sequence", postgresql_where=sa.text("done_at IS NULL")),
    # An applied chunk has no content: it can contain personal data.
    sa.CheckConstraint("(done_at IS NULL) = (content IS NOT NULL)", name="content"),
    sa.CheckConstraint("done_at IS NULL OR lines = accepted + duplicates + rejected", name="reconciled"),
)

ERRORS = sa.Table(
    "import_errors",
    MECHANISM,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey(IMPORTS.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("line", sa.Integer, primary_key=True),
    sa.Column("code", Key, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("column", sa.Text),
    sa.Column("value", sa.Text),
    sa.Column("last_line", sa.Integer),
)

_OF_ERROR = tuple(each.name for each in fields(LineError))


@dataclass(frozen=True, slots=True)
class Import:
    """One file, as `apply` receives it: its id and kind, who sent it, the persons in the chain of its lines, and
    when."""

    id: UUID
    kind: str
    submitted_by: str
    org: str
    actors: tuple[str, ...]
    created_at: datetime

    @property
    def caller(self) -> Caller:
        """Who sent it. The scopes were checked at the upload and are empty here."""
        kind, _, code = self.org.partition(":")
        return Caller(self.submitted_by, kind, code, frozenset())


def select_imports(kind: str, org: str | None) -> sa.Select[Any]:
    """Select the imports of a kind that an organisation sent, or of all organisations (None).

    With the columns of `imports`; the counts of an unfinished import are those of the chunks applied so far.
    """
    chunks = CHUNKS.c
    done = (
        sa.select(
            *(
                sa.func.coalesce(sa.func.sum(column), 0).label(column.name)
                for column in (chunks.lines, chunks.accepted, chunks.duplicates, chunks.rejected)
            )
        )
        .where(chunks.import_id == IMPORTS.c.id, chunks.done_at.is_not(None), IMPORTS.c.state != FINISHED)
        .lateral("done")
    )
    counts = {name: sa.func.coalesce(IMPORTS.c[name], done.c[name]) for name in ("accepted", "duplicates", "rejected")}
    counts["lines_read"] = sa.func.coalesce(IMPORTS.c.lines_read, done.c.lines)
    state = sa.case((sa.and_(IMPORTS.c.state == RECEIVED, done.c.lines > 0), RUNNING), else_=IMPORTS.c.state)
    columns = [column for column in IMPORTS.c if column.name not in (*counts, "state")]
    statement = (
        sa.select(*columns, state.label("state"), *(count.label(name) for name, count in counts.items()))
        .join_from(IMPORTS, done, sa.true())
        .where(IMPORTS.c.kind == kind)
    )
    return statement if org is None else statement.where(IMPORTS.c.org == org)


def keep_errors(tx: Tx, import_id: UUID, errors: Iterable[LineError]) -> None:
    """Store the errors of some lines of an import."""
    rows = [(import_id, *(getattr(each, name) for name in _OF_ERROR)) for each in errors]
    if rows:
        tx.copy(ERRORS.name, ("import_id", *_OF_ERROR), rows)


def errors_of(read: Read, import_id: UUID, after: int, limit: int) -> Sequence[sa.Row[Any]]:
    """Up to `limit` errors of an import's lines after line `after`, in order."""
    statement = (
        sa.select(*(ERRORS.c[name] for name in _OF_ERROR))
        .where(ERRORS.c.import_id == import_id, ERRORS.c.line > after)
        .order_by(ERRORS.c.line)
        .limit(limit)
    )
    return read.execute(statement).all()
