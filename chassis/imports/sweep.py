"""The application of received files: one chunk per transaction, the next one that no other worker has locked.

Whether an import is finished is derived from its chunks, never counted, so that a worker can die at any moment: another
worker applies its unfinished chunk, and applied chunks stay applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog

from chassis import clock, metrics, quarantine
from chassis.aggregate import Cause
from chassis.database import Patience, Tx, is_contention, is_transient
from chassis.imports.formats import read_all
from chassis.imports.importer import Importer
from chassis.imports.lines import ImportOutcome, Line, LineError
from chassis.imports.resource import CHUNKS, FAILED, FINISHED, IMPORTS, RECEIVED, Import, keep_errors
from chassis.imports.upload import unpack
from chassis.sweeper import Slice, Sweep

POLL = timedelta(seconds=1)

RETRY_AFTER = (timedelta(seconds=1), timedelta(seconds=4), timedelta(seconds=15), timedelta(seconds=60))
"""The pauses of a chunk after each failure; with one more failure the import has failed."""

FAULT = "failed"
"""The code of a line at which the system failed."""

_FAULT_DETAIL = (
    "The system failed at this line, and the other lines are not affected. The fault is reported to the operators;"
    " send the line again when it is fixed."
)

_CHECK_NOW = sa.text("SET CONSTRAINTS ALL IMMEDIATE")
"""What a deferred constraint refuses fails in the part that has the line, not at the commit."""

log = structlog.get_logger()


class UnaccountedLinesError(Exception):
    """An importer has not returned an outcome for every line."""


def import_sweep(importer: Importer[Any]) -> Sweep:
    """The sweep that applies received files: one chunk at a time, in any number of workers.

    An item is a chunk, `import/sequence`, or an import that is to be finished, `import`.
    """

    def find(tx: Tx, piece: Slice) -> list[str]:
        finished = tx.execute(_applied(importer.kind, piece.sweep)).scalar_one_or_none()
        if finished is not None:
            return [str(finished)]
        return [f"{row.import_id}/{row.sequence}" for row in tx.execute(_next(importer.kind, piece.sweep))]

    def apply(tx: Tx, keys: Sequence[str]) -> int:
        done = 0
        for key in keys:
            import_id, _, sequence = key.partition("/")
            if sequence:
                done += work(tx, importer, UUID(import_id), int(sequence))
            else:
                done += finish(tx, importer.kind, UUID(import_id))
        return done

    return Sweep(name=f"import-{importer.kind}", find=find, apply=apply, every=POLL, limit=1)


def finish(tx: Tx, kind: str, import_id: UUID) -> int:
    """Finish an import whose chunks are all applied; returns 0 where it is finished already, or locked."""
    if tx.execute(_applied(kind).where(IMPORTS.c.id == import_id)).one_or_none() is None:
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


def work(tx: Tx, importer: Importer[Any], import_id: UUID, sequence: int) -> int:
    """Apply a chunk; returns 0 where it is applied already, locked, or not due.

    A line that fails alone is rejected. What fails for another reason is rolled back, recorded and retried later; a
    transient error of the database is raised.
    """
    chunk = tx.execute(_chunk(importer.kind, import_id, sequence)).one_or_none()
    if chunk is None:
        return 0
    file = Import(chunk.import_id, importer.kind, chunk.submitted_by, chunk.org, tuple(chunk.actors), chunk.created_at)
    tx.cause = Cause.beginning(file.id, actors=file.actors)
    try:
        with tx.savepoint():
            outcome = _apply(tx, importer, file, chunk)
    except Exception as error:
        if is_transient(error) and not is_contention(error):
            raise
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


def _applied(kind: str, sweep: str | None = None) -> sa.Select[Any]:
    """An import that is not finished although its chunks are applied, locked; skips those that the sweep has set aside,
    and those locked by another worker."""
    undone = sa.select(CHUNKS.c.sequence).where(CHUNKS.c.import_id == IMPORTS.c.id, CHUNKS.c.done_at.is_(None))
    return _free(
        sa.select(IMPORTS.c.id)
        .where(IMPORTS.c.kind == kind, IMPORTS.c.state == RECEIVED, ~undone.exists())
        .order_by(IMPORTS.c.id)
        .with_for_update(skip_locked=True),
        "CAST(imports.id AS text)",
        sweep,
    )


def _next(kind: str, sweep: str) -> sa.Select[Any]:
    """The first chunk that is due, locked; skips as `_applied`."""
    due = _due(sa.select(CHUNKS.c.import_id, CHUNKS.c.sequence), kind)
    return _free(due, "CAST(import_chunks.import_id AS text) || '/' || import_chunks.sequence", sweep)


def _chunk(kind: str, import_id: UUID, sequence: int) -> sa.Select[Any]:
    """A chunk with its import, locked, where it is due and not locked by another worker."""
    imports = IMPORTS.c
    columns = (imports.columns, imports.submitted_by, imports.org, imports.actors, imports.created_at)
    return _due(sa.select(CHUNKS, *columns), kind).where(CHUNKS.c.import_id == import_id, CHUNKS.c.sequence == sequence)


def _due(select: sa.Select[Any], kind: str) -> sa.Select[Any]:
    return (
        select.join(IMPORTS, IMPORTS.c.id == CHUNKS.c.import_id)
        .where(
            IMPORTS.c.kind == kind,
            IMPORTS.c.state == RECEIVED,
            CHUNKS.c.done_at.is_(None),
            CHUNKS.c.due_at <= clock.now(),
        )
        .order_by(CHUNKS.c.import_id, CHUNKS.c.sequence)
        .with_for_update(of=CHUNKS, skip_locked=True)
    )


def _free(select: sa.Select[Any], item: str, sweep: str | None) -> sa.Select[Any]:
    """The first of these rows whose item the sweep has not set aside."""
    if sweep is not None:
        select = select.where(sa.text(f"{item} NOT IN {quarantine.HELD}").bindparams(sweep=sweep))
    return select.limit(1)


def _apply(tx: Tx, importer: Importer[Any], file: Import, chunk: Any) -> ImportOutcome:
    cuts = unpack(chunk.content, file.id, chunk.sequence, sealed=chunk.sealed)
    lines, unreadable = read_all(importer.format.reader(chunk.columns), cuts)
    outcomes: list[ImportOutcome] = []

    def attempt(part: Sequence[Line[Any]]) -> None:
        with tx.savepoint():
            outcome = importer.apply(tx, file, part)
            _check(outcome, part)
            tx.execute(_CHECK_NOW)
        outcomes.append(outcome)

    patient = chunk.attempts < len(RETRY_AFTER)
    if not patient:
        tx.execute(Patience.SHORT_LOCK_TIMEOUT)

    def concerns_all(error: Exception) -> bool:
        return is_transient(error) and (patient or not is_contention(error))

    failed = list(quarantine.isolate(lines, attempt, concerns_all=concerns_all)) if lines else []
    if len(failed) == len(lines) > 1 and patient:
        # What every line has in common is probably not a fault of the lines: the chunk is retried.
        raise failed[0][1]
    faults = [_fault(file, line, error) for line, error in failed]
    errors = [*unreadable, *(error for outcome in outcomes for error in outcome.errors), *faults]
    keep_errors(tx, file.id, errors)
    return ImportOutcome(sum(each.accepted for each in outcomes), sum(each.duplicates for each in outcomes), errors)


def _fault(file: Import, line: Line[Any], error: Exception) -> LineError:
    metrics.FAILED_LINES.labels(file.kind).inc()
    log.error(
        "line of an import failed",
        kind=file.kind,
        import_id=str(file.id),
        line=line.number,
        reason=quarantine.reason_of(error),
        at=quarantine.place_of(error),
    )
    return LineError(line.number, FAULT, _FAULT_DETAIL)


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
    attempts = chunk.attempts + 1
    log.error(
        "import chunk failed",
        import_id=str(chunk.import_id),
        first_line=chunk.first_line,
        attempts=attempts,
        reason=quarantine.reason_of(error),
        at=quarantine.place_of(error),
    )
    if attempts <= len(RETRY_AFTER):
        _set_chunk(tx, chunk, attempts=attempts, due_at=clock.now() + RETRY_AFTER[attempts - 1])
        return
    _set_chunk(tx, chunk, attempts=attempts)
    failure = (
        f"{chunk.lines} lines from line {chunk.first_line} on cannot be applied because of a fault of the system."
        " It is reported to the operators; staff resume the import when it is fixed."
    )
    tx.execute(
        IMPORTS.update()
        .where(IMPORTS.c.id == chunk.import_id, IMPORTS.c.state == RECEIVED)
        .values(state=FAILED, failure=failure)
    )
