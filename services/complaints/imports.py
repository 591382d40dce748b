"""Files that this service takes: complaints, one a line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chassis import clock
from chassis.database import Tx
from chassis.imports import Import, Importer, ImportOutcome, Line, LineError, Ndjson
from contracts.organisations import is_national
from services.complaints.api.callers import may_file_for
from services.complaints.commands.filing import file_complaints
from services.complaints.policy.intake import Report, faults
from services.complaints.policy.standards import RULES, Form


def take_lines(tx: Tx, file: Import, lines: Sequence[Line[Report]]) -> ImportOutcome:
    """File the complaints of some lines of a file.

    A line is refused for what is wrong with it, for a channel other than whose file it is, and for an id that stands
    for another complaint.
    """
    now = clock.now()
    form = RULES.at(Form, now)
    good, errors = [], []
    for line in lines:
        error = _fault(line, file, form, now)
        if error is None:
            good.append(line)
        else:
            errors.append(error)
    accepted = duplicates = 0
    for line, filed in zip(good, file_complaints(tx, [line.record for line in good]), strict=True):
        if filed.conflicting:
            detail = "external_id: the channel has filed another complaint under this id"
            errors.append(LineError(line.number, "complaint-differs", detail))
        elif filed.new:
            accepted += 1
        else:
            duplicates += 1
    return ImportOutcome(accepted, duplicates, errors)


def _fault(line: Line[Report], file: Import, form: Form, now: datetime) -> LineError | None:
    if not may_file_for(file.caller, line.record.channel):
        return LineError(line.number, "foreign-channel", "channel: a channel files what came through itself")
    found = faults(line.record, form, now)
    if not found:
        return None
    return LineError(line.number, found[0].code, "; ".join(f"{each.field}: {each.detail}" for each in found))


FILES = Importer(
    kind="complaints",
    noun="complaint import",
    format=Ndjson(Report),
    apply=take_lines,
    sees_all=lambda caller: is_national(caller.organisation),
    personal=True,
)
"""Complaints by the file: one JSON object a line."""
