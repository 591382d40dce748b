"""Files that this service takes: a carrier's register, a port a line."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from chassis import clock
from chassis.database import Tx
from chassis.imports import Csv, Import, Importer, ImportOutcome, Line, LineError
from contracts.organisations import is_national
from services.ports.access import may_file_for
from services.ports.commands.filings import Outcome, file_ports
from services.ports.commands.forms import Form, UnfitFormError, read_form


class FilingLine(msgspec.Struct, frozen=True, kw_only=True):
    """A port as a line of a register's file has it."""

    number: str
    carrier: str
    province: str | None = None
    holder_uscc: str
    holder_name: str
    provider_uscc: str
    provider_name: str
    signature: str
    purpose: str
    declared_from: str | None = None
    covers_extensions: bool = False


def apply_lines(tx: Tx, file: Import, lines: Sequence[Line[FilingLine]]) -> ImportOutcome:
    """File the ports of a part of a register's file, for whoever sent it."""
    errors: list[LineError] = []
    forms: list[tuple[int, Form]] = []
    now = clock.now()
    for line in lines:
        fields = msgspec.structs.asdict(line.record)
        covers_extensions = fields.pop("covers_extensions")
        if not may_file_for(file.caller, line.record.carrier):
            errors.append(LineError(line.number, "foreign-carrier", "A carrier files its own ports."))
            continue
        try:
            forms.append((line.number, read_form(fields, covers_extensions=covers_extensions, now=now)))
        except UnfitFormError as error:
            errors.append(LineError(line.number, "invalid", str(error)))
    outcomes = file_ports(tx, [form for _, form in forms], tx.cause) if forms else []
    for (number, _), filed in zip(forms, outcomes, strict=True):
        if filed.outcome is Outcome.REFUSED:
            errors.append(LineError(number, "refused", "; ".join(filed.reasons)))
    told = [each.outcome for each in outcomes]
    return ImportOutcome(told.count(Outcome.ACCEPTED), told.count(Outcome.KNOWN), errors)


FILINGS = Importer(
    kind="filings",
    noun="filing import",
    format=Csv(FilingLine),
    apply=apply_lines,
    sees_all=lambda caller: is_national(caller.organisation),
    personal=False,
)
