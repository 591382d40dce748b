"""Register files: a carrier's register, one port per line."""

from __future__ import annotations

from collections.abc import Sequence

from chassis import clock
from chassis.database import Tx
from chassis.field_errors import FieldError, InvalidFieldsError
from chassis.hints import shown
from chassis.imports import Csv, Import, Importer, ImportOutcome, Line, LineError, Unique
from contracts.organisations import is_national
from services.ports.access import may_file_for
from services.ports.commands.filings import FilingOutcome, file_ports
from services.ports.commands.forms import FilingForm, FilingLine, read_form
from services.ports.policy.rulebook import grace_of_register_files


def apply_lines(tx: Tx, file: Import, lines: Sequence[Line[FilingLine]]) -> ImportOutcome:
    """File the ports in a part of a register file, on behalf of its sender."""
    errors: list[LineError] = []
    forms: list[tuple[int, FilingForm]] = []
    now = clock.now()
    for line in lines:
        try:
            form = read_form(line.record, now)
        except InvalidFieldsError as error:
            errors.append(LineError.of(line.number, error.errors))
            continue
        if may_file_for(file.caller, form.carrier):
            forms.append((line.number, form))
        else:
            errors.append(LineError.of(line.number, [_foreign(form)]))
    results = file_ports(tx, [form for _, form in forms], grace_of_register_files) if forms else []
    for (number, form), result in zip(forms, results, strict=True):
        if result.outcome is FilingOutcome.REFUSED:
            refusal = FieldError("number", f"`{form.number}` is refused: {'; '.join(result.reasons)}", "refused")
            errors.append(LineError.of(number, [refusal]))
    outcomes = [each.outcome for each in results]
    return ImportOutcome(outcomes.count(FilingOutcome.ACCEPTED), outcomes.count(FilingOutcome.KNOWN), errors)


def _foreign(form: FilingForm) -> FieldError:
    value = shown(form.carrier)
    return FieldError("carrier", f"`{value}`: a carrier files only its own ports", "foreign-carrier", value)


def _port(record: FilingLine) -> str | None:
    """The port of a line, in one text; None where the line is refused for its own errors: then it files nothing, and a
    later line about the same port counts."""
    try:
        return " ".join(read_form(record, clock.now()).port)
    except InvalidFieldsError:
        return None


FILING_IMPORTS = Importer(
    kind="filings",
    noun="filing import",
    format=Csv(FilingLine),
    apply=apply_lines,
    sees_all=lambda caller: is_national(caller.organisation),
    personal=False,
    unique=Unique("number", _port),
)
