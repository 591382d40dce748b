"""Files that this service accepts: an authority's conclusions, one per line."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Tx
from chassis.ids import reference
from chassis.imports import Import, Importer, ImportOutcome, Line, LineError, Ndjson
from contracts.organisations import is_national
from services.referrals.access import concludable_by
from services.referrals.commands.clues import ConclusionOutcome, conclude_clues
from services.referrals.policy.conclusions import ConclusionForm


class ConclusionLine(ConclusionForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The conclusion of one clue, as a line of a file."""

    clue: UUID


def apply_lines(tx: Tx, file: Import, lines: Sequence[Line[ConclusionLine]]) -> ImportOutcome:
    """Conclude the clues of a part of a file, on behalf of its sender."""
    conclusions = [(line.record.clue, line.record.conclusion) for line in lines]
    results = conclude_clues(tx, conclusions, concludable_by(file.caller), file.caller, reference("import", file.id))
    outcomes = [each.outcome for each in results]
    accepted, known = outcomes.count(ConclusionOutcome.CONCLUDED), outcomes.count(ConclusionOutcome.KNOWN)
    errors = [
        LineError.of(line.number, each.errors, word="field")
        for line, each in zip(lines, results, strict=True)
        if each.outcome not in (ConclusionOutcome.CONCLUDED, ConclusionOutcome.KNOWN)
    ]
    return ImportOutcome(accepted, known, errors)


CONCLUSION_IMPORTS = Importer(
    kind="conclusions",
    noun="conclusion import",
    format=Ndjson(ConclusionLine),
    apply=apply_lines,
    sees_all=lambda caller: is_national(caller.organisation),
    personal=False,
)
