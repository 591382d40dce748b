"""Files that this service takes: an authority's conclusions, one a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec

from chassis import audit
from chassis.database import Tx
from chassis.imports import Import, Importer, ImportOutcome, Line, LineError, Ndjson
from contracts.organisations import is_national
from contracts.referrals import Conclusion
from contracts.vocabulary import ConclusionCode
from services.referrals.api.callers import concluding_sight
from services.referrals.commands.imports import Outcome, conclude_clues
from services.referrals.policy.conclusions import LONGEST_NAME, LONGEST_NOTE, MOST_YUAN

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
_REFUSED = frozenset({Outcome.NOT_SEEN, Outcome.INCOHERENT, Outcome.CLUE_STATE})


class ConclusionLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an authority found and did about a clue, as a line of its file has it."""

    clue: UUID
    code: ConclusionCode
    amount: Annotated[int, msgspec.Meta(ge=-MOST_YUAN, le=MOST_YUAN)] | None = None
    enterprise: _Name | None = None
    decision: _Name | None = None
    merged_into: UUID | None = None
    transferred_to: _Name | None = None
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NOTE)] | None = None

    @property
    def conclusion(self) -> Conclusion:
        """What is said of the clue."""
        fields = msgspec.structs.asdict(self)
        del fields["clue"]
        return Conclusion(**fields)


def apply_lines(tx: Tx, file: Import, lines: Sequence[Line[ConclusionLine]]) -> ImportOutcome:
    """Conclude the clues of a part of a file, for whoever sent it."""
    sight = concluding_sight(file.caller)
    if sight is None:
        return ImportOutcome(
            errors=[LineError(line.number, Outcome.NOT_SEEN, "There is no such clue.") for line in lines]
        )
    concluded = conclude_clues(tx, [(line.record.clue, line.record.conclusion) for line in lines], sight)
    told = [each.outcome for each in concluded]
    accepted = told.count(Outcome.CONCLUDED)
    if sight.everything and accepted:
        audit.record(
            tx, file.caller, "clues-concluded", f"import:{file.id}", f"{accepted} clues that are nobody else's"
        )
    errors = [
        LineError(line.number, each.outcome, each.detail)
        for line, each in zip(lines, concluded, strict=True)
        if each.outcome in _REFUSED
    ]
    return ImportOutcome(accepted, told.count(Outcome.KNOWN), errors)


CONCLUSIONS = Importer(
    kind="conclusions",
    noun="conclusion import",
    format=Ndjson(ConclusionLine),
    apply=apply_lines,
    sees_all=lambda caller: is_national(caller.organisation),
    personal=False,
)
