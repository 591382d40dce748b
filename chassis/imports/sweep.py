"""The application of received files: one chunk per transaction, the next one that no other worker has locked.

Whether an import is finished is derived from its chunks, never counted, so that a worker can die at any moment: another
worker applies its unfinished chunk, and applied chunks stay applied.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import sqlalchemy as sa
import structlog

from chassis import clock, privacy
from chassis.aggregate import Cause
from chassis.database import Tx, is_transient
from chassis.imports.formats import read_all
from chassis.imports.importer import Importer
from chassis.imports.lines import ImportOutcome, Line
from chassis.imports.resource import CHUNKS, FAILED, FINISHED, IMPORTS, RECEIVED, Import, keep_errors
from chassis.imports.upload import unpack
from chassis.sweeper import Slice, Sweep

POLL = timedelta(seconds=1)

RETRY_AFTER = (timedelta(seconds=1), timedelta(seconds=4), timedelta(seconds=15), timedelta(seconds=60))
"""The pauses of a chunk after each failure; with one more failure the import has failed."""

_REASON_LENGTH = 500

log = structlog.get_logger()


class UnaccountedLinesError(Exception):
    """An importer has not returned an outcome for every line."""


def import_sweep(importer: Importer[Any]) -> Sweep:
    """The sweep that applies received files: one chunk at a time, in any number of workers."""

    def run(tx: Tx, piece: Slice) -> int:
        return finish(tx, importer.kind) or work(tx, importer)

    return Sweep(name=f"import-{importer.kind}", run=run, every=POLL, limit=1)


def finish(tx: Tx, kind: str) -> int:
    """Finish an import whose chunks are all applied; returns the count of finished imports."""
    undone = sa.select(CHUNKS.c.sequence).where(CHUNKS.c.import_id == IMPORTS.c.id, CHUNKS.c.done_at.is_(None))
    done = (
        sa.select(IMPORTS.c.id)
        .where(IMPORTS.c.kind == kind, IMPORTS.c.state == RECEIVED, ~undone.exists())
        .order_by(IMPORTS.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    import_id = tx.execute(done).scalar_one_or_none()
    if import_id is None:
        return 0
    chunks = CHUNKS.c
    sums = tx.execute(
        sa.select(
            *(
                sa.func.coalesce(sa.func.sum(column), 0).label(name)
                for name, column in (
                    ("lines_read", chunks.lines),
                    ("accepted", chunks.accepted),
                    ("duplicates", chunks.duplicates),
                    ("rejected", chunks.rejected),
                )
            )
        ).where(chunks.import_id == import_id)
    ).one()
    counts = dict(sums._mapping)
    tx.execute(
        IMPORTS.update().where(IMPORTS.c.id == import_id).values(state=FINISHED, finished_at=clock.now(), **counts)
    )
    log.info("import finished", kind=kind, import_id=str(import_id), **counts)
    return 1


def work(tx: Tx, importer: Importer[Any]) -> int:
    """Apply the next chunk that is due; returns 0 without one.

    An error of `apply` is rolled back, recorded and retried later; a transient error of the database is raised.
    """
    chunk = tx.execute(_next(importer.kind)).one_or_none()
    if chunk is None:
        return 0
    file = Import(chunk.import_id, importer.kind, chunk.submitted_by, chunk.org, chunk.created_at)
    tx.cause = Cause.beginning(file.id)
    try:
        with tx.connection.begin_nested():
            outcome = _apply(tx, importer, file, chunk)
    except Exception as error:
        if is_transient(error):
            raise
        tx.take_events()
        _note_failure(tx, chunk, error)
        return 1
    _set_chunk(
        tx,
        chunk,
        content=None,
        done_at=clock.now(),
        accepted=outcome.accepted,
        duplicates=outcome.duplicates,
        rejected=len(outcome.errors),
    )
    return 1


def _next(kind: str) -> sa.Select[Any]:
    """The first chunk that is due and not locked by another worker, with its import."""
    imports = IMPORTS.c
    return (
        sa.select(CHUNKS, imports.columns, imports.submitted_by, imports.org, imports.created_at)
        .join(IMPORTS, imports.id == CHUNKS.c.import_id)
        .where(
            imports.kind == kind,
            imports.state == RECEIVED,
            CHUNKS.c.done_at.is_(None),
            CHUNKS.c.due_at <= clock.now(),
        )
        .order_by(CHUNKS.c.import_id, CHUNKS.c.sequence)
        .limit(1)
        .with_for_update(of=CHUNKS, skip_locked=True)
    )


def _apply(tx: Tx, importer: Importer[Any], file: Import, chunk: Any) -> ImportOutcome:
    cuts = unpack(chunk.content, file.id, chunk.sequence, sealed=chunk.sealed)
    lines, unreadable = read_all(importer.format.reader(chunk.columns), cuts)
    outcome = importer.apply(tx, file, lines) if lines else ImportOutcome()
    _check(outcome, lines)
    errors = [*unreadable, *outcome.errors]
    keep_errors(tx, file.id, errors)
    return replace(outcome, errors=errors)


def _check(outcome: ImportOutcome, lines: Sequence[Line[Any]]) -> None:
    given = {line.number for line in lines}
    refused = {error.line for error in outcome.errors}
    if len(refused) != len(outcome.errors) or not refused <= given:
        raise UnaccountedLinesError("a line was rejected twice, or is not in the chunk")
    accounted = outcome.accepted + outcome.duplicates + len(refused)
    if accounted != len(given):
        raise UnaccountedLinesError(f"{len(given)} lines were applied, but {accounted} have an outcome")


def _set_chunk(tx: Tx, chunk: Any, **values: Any) -> None:
    own = sa.and_(CHUNKS.c.import_id == chunk.import_id, CHUNKS.c.sequence == chunk.sequence)
    tx.execute(CHUNKS.update().where(own).values(**values))


def _note_failure(tx: Tx, chunk: Any, error: Exception) -> None:
    reason = _reason(error)
    attempts = chunk.attempts + 1
    log.error(
        "import chunk failed",
        import_id=str(chunk.import_id),
        first_line=chunk.first_line,
        attempts=attempts,
        reason=reason,
        # Without the message, which can contain text of the lines.
        at="".join(traceback.format_tb(error.__traceback__)),
    )
    if attempts <= len(RETRY_AFTER):
        _set_chunk(tx, chunk, attempts=attempts, due_at=clock.now() + RETRY_AFTER[attempts - 1])
        return
    _set_chunk(tx, chunk, attempts=attempts)
    tx.execute(
        IMPORTS.update()
        .where(IMPORTS.c.id == chunk.import_id, IMPORTS.c.state == RECEIVED)
        .values(state=FAILED, failure=f"{chunk.lines} lines from line {chunk.first_line} on: {reason}")
    )


def _reason(error: Exception) -> str:
    """The error without statement parameters and numbers: they can be personal data."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    message = cause.diag.message_primary if isinstance(cause, psycopg.Error) else str(cause)
    return privacy.redact(f"{type(cause).__name__}: {message}")[:_REASON_LENGTH]
