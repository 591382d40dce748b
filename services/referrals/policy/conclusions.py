"""What an authority says that it found and did: whether it hangs together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import msgspec

from contracts.credit_codes import CreditCode, InvalidCreditCode
from contracts.referrals import Conclusion
from contracts.vocabulary import ConclusionCode

MOST_YUAN = 10**12
"""What no fine reaches: a sum beyond it is a slip of the keyboard."""
LONGEST_NAME = 200
"""Characters of a decision's number, or of the body that a matter was handed on to."""
LONGEST_NOTE = 1_000


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that does not fit the others, and why."""

    field: str
    detail: str


class IncoherentError(ValueError):
    """A conclusion contradicts itself or says too little; `faults` has at least one."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.detail}" for each in faults))
        self.faults = faults


def coherent(conclusion: Conclusion, clue: UUID) -> Conclusion:
    """The conclusion of this clue, with its enterprise's code as the standard writes it. Raises IncoherentError."""
    faults = list(_faults_in(conclusion, clue))
    if faults:
        raise IncoherentError(faults)
    if conclusion.enterprise is None:
        return conclusion
    return msgspec.structs.replace(conclusion, enterprise=str(CreditCode.parse(conclusion.enterprise)))


def _faults_in(conclusion: Conclusion, clue: UUID) -> Iterator[Fault]:
    fined = conclusion.code == ConclusionCode.FINED
    if fined and (conclusion.amount is None or conclusion.amount <= 0):
        yield Fault("amount", "a fine has an amount in yuan")
    if not fined and conclusion.amount is not None:
        yield Fault("amount", "only a fine has an amount")
    yield from _belongs("merged_into", conclusion.merged_into, conclusion.code == ConclusionCode.MERGED)
    yield from _belongs("transferred_to", conclusion.transferred_to, conclusion.code == ConclusionCode.TRANSFERRED)
    if conclusion.merged_into == clue:
        yield Fault("merged_into", "a clue is not merged into itself")
    if conclusion.enterprise is not None:
        try:
            CreditCode.parse(conclusion.enterprise)
        except InvalidCreditCode as error:
            yield Fault("enterprise", str(error))


def _belongs(field: str, value: object, wanted: bool) -> Iterator[Fault]:
    if wanted and not value:
        yield Fault(field, "the code needs it")
    if not wanted and value is not None:
        yield Fault(field, "the code has none")
