"""Files that this service accepts: complaints, one JSON object per line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chassis import clock
from chassis.database import Tx
from chassis.field_errors import FieldError
from chassis.hints import meant, shown
from chassis.imports import Import, Importer, ImportOutcome, Line, LineError, Ndjson
from contracts.channels import CHANNELS
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
    good, errors = [], []
    for line in lines:
        error = _error(line, file, form, now)
        if error is None:
            good.append(line)
        else:
            errors.append(error)
    accepted = duplicates = 0
    for line, filed in zip(good, file_complaints(tx, [line.record for line in good]), strict=True):
        if filed.conflicting:
            errors.append(LineError.of(line.number, [_DIFFERS], word=_FIELD))
        elif filed.new:
            accepted += 1
        else:
            duplicates += 1
    return ImportOutcome(accepted, duplicates, errors)


_FIELD = "field"
_DIFFERS = FieldError("external_id", "the channel has filed another complaint under this id", "complaint-differs")
_SHOWN = ("channel", "complainant_province", "sent_at", "received_at")
"""The fields whose values errors show: the others may be personal."""


def _error(line: Line[Report], file: Import, form: ComplaintForm, now: datetime) -> LineError | None:
    if not may_file_for(file.caller, line.record.channel):
        foreign = FieldError("channel", "a channel files only its own complaints", "foreign-channel")
        return LineError.of(line.number, [_with_value(foreign, line.record)], word=_FIELD)
    errors = [_with_value(each, line.record) for each in find_errors(line.record, form, now)]
    return LineError.of(line.number, errors, word=_FIELD) if errors else None


def _with_value(error: FieldError, report: Report) -> FieldError:
    """The error with the wrong value, and with the one that was probably meant."""
    if error.field not in _SHOWN:
        return error
    given = getattr(report, error.field)
    value = shown(given.isoformat() if isinstance(given, datetime) else str(given))
    hint = meant(value, CHANNELS) if error.code == "unknown-channel" else ""
    return replace(error, value=value, detail=f"`{value}`: {error.detail}{hint}")


COMPLAINT_IMPORTS = Importer(
    kind="complaints",
    noun="complaint import",
    format=Ndjson(Report),
    apply=apply_lines,
    sees_all=lambda caller: is_national(caller.organisation),
    personal=True,
)
"""Imports of complaints."""
