"""Register files: a carrier's register, one port per line."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from chassis import clock
from chassis.database import Tx
from chassis.field_errors import FieldError, InvalidFieldsError
from chassis.hints import shown
from chassis.imports import Csv, Import, Importer, ImportOutcome, Line, LineError, Unique
from contracts.numbers import SenderNumber
from contracts.organisations import is_national
from services.ports.access import may_file_for
from services.ports.commands.filings import FilingOutcome, file_ports
from services.ports.commands.forms import FilingForm, cleaned, read_form


class FilingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One port, as a line of a register file."""

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

    @property
    def port(self) -> str:
        """Its port: carrier and number, in one text."""
        return f"{cleaned(self.carrier)} {SenderNumber.parse(cleaned(self.number)).number}"


def apply_lines(tx: Tx, file: Import, lines: Sequence[Line[FilingLine]]) -> ImportOutcome:
    """File the ports in a part of a register file, on behalf of its sender."""
    errors: list[LineError] = []
    forms: list[tuple[int, FilingForm]] = []
    now = clock.now()
    for line in lines:
        fields = msgspec.structs.asdict(line.record)
        covers_extensions = fields.pop("covers_extensions")
        try:
            form = read_form(fields, covers_extensions=covers_extensions, now=now)
        except InvalidFieldsError as error:
            errors.append(LineError.of(line.number, error.errors))
            continue
        if may_file_for(file.caller, form.carrier):
            forms.append((line.number, form))
        else:
            errors.append(LineError.of(line.number, [_foreign(form)]))
    results = file_ports(tx, [form for _, form in forms]) if forms else []
    for (number, form), result in zip(forms, results, strict=True):
        if result.outcome is FilingOutcome.REFUSED:
            refusal = FieldError("number", f"`{form.number}` is refused: {'; '.join(result.reasons)}", "refused")
            errors.append(LineError.of(number, [refusal]))
    outcomes = [each.outcome for each in results]
    return ImportOutcome(outcomes.count(FilingOutcome.ACCEPTED), outcomes.count(FilingOutcome.KNOWN), errors)


def _foreign(form: FilingForm) -> FieldError:
    value = shown(form.carrier)
    return FieldError("carrier", f"`{value}`: a carrier files only its own ports", "foreign-carrier", value)


FILING_IMPORTS = Importer(
    kind="filings",
    noun="filing import",
    format=Csv(FilingLine),
    apply=apply_lines,
    sees_all=lambda caller: is_national(caller.organisation),
    personal=False,
    unique=Unique("number", lambda line: line.port),
)
