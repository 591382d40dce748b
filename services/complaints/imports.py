"""Files that this service accepts: complaints, one JSON object per line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from chassis import clock
from chassis.database import Tx
from chassis.field_errors import FieldError
from chassis.hints import shown
from chassis.imports import Import, Importer, ImportOutcome, Line, LineError, Ndjson
from contracts.organisations import is_national
from services.complaints.access import may_file_for
from services.complaints.commands.filing import file_complaints
from services.complaints.policy.intake import Report, find_errors
from services.complaints.policy.rulebook import RULES, ComplaintForm


def apply_lines(tx: Tx, file: Import, lines: Sequence[Line[Report]]) -> ImportOutcome:
    """File the complaints of some lines of a file.

    A line is refused where a field is not valid, where its channel is not the one that sent the file, and where its
    external id belongs to another complaint.
    """
    now = clock.now()
    form = RULES.at(ComplaintForm, now)
    foreign = {each for each in {line.record.channel for line in lines} if not may_file_for(file.caller, each)}
    good, errors = [], []
    for line in lines:
        error = _error(line, foreign, form, now)
        if error is None:
            good.append(line)
        else:
            errors.append(error)
    accepted = duplicates = 0
    outcomes = file_complaints(tx, [line.record for line in good], file.submitted_by)
    for line, filed in zip(good, outcomes, strict=True):
        if filed.conflicting:
            errors.append(LineError.of(line.number, [_DIFFERS], word=_FIELD))
        elif filed.new:
            accepted += 1
        else:
            duplicates += 1
    return ImportOutcome(accepted, duplicates, errors)


_FIELD = "field"
_DIFFERS = FieldError("external_id", "the channel has filed another complaint under this id", "complaint-differs")


def _error(line: Line[Report], foreign: Collection[str], form: ComplaintForm, now: datetime) -> LineError | None:
    channel = line.record.channel
    if channel in foreign:
        value = shown(channel)
        detail = f"`{value}`: a channel files only its own complaints, the regulator those of the channels of its staff"
        return LineError.of(line.number, [FieldError("channel", detail, "foreign-channel", value)], word=_FIELD)
    errors = find_errors(line.record, form, now)
    return LineError.of(line.number, errors, word=_FIELD) if errors else None


COMPLAINT_IMPORTS = Importer(
    kind="complaints",
    noun="complaint import",
    format=Ndjson(Report),
    apply=apply_lines,
    sees_all=lambda caller: is_national(caller.organisation),
    personal=True,
)
"""Imports of complaints."""
