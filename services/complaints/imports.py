"""Files that this service accepts: complaints, one JSON object per line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chassis import clock
from chassis.database import Tx
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
            detail = "external_id: the channel has filed another complaint under this id"
            errors.append(LineError(line.number, "complaint-differs", detail))
        elif filed.new:
            accepted += 1
        else:
            duplicates += 1
    return ImportOutcome(accepted, duplicates, errors)


def _error(line: Line[Report], file: Import, form: ComplaintForm, now: datetime) -> LineError | None:
    if not may_file_for(file.caller, line.record.channel):
        return LineError(line.number, "foreign-channel", "channel: a channel files only its own complaints")
    errors = find_errors(line.record, form, now)
    if not errors:
        return None
    return LineError(line.number, errors[0].code, "; ".join(f"{each.field}: {each.detail}" for each in errors))


COMPLAINT_IMPORTS = Importer(
    kind="complaints",
    noun="complaint import",
    format=Ndjson(Report),
    apply=apply_lines,
    sees_all=lambda caller: is_national(caller.organisation),
    personal=True,
)
"""Imports of complaints."""
