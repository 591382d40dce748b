"""What an authority says that it found and did must hang together."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from contracts.vocabulary import ConclusionCode
from services.referrals.policy.conclusions import IncoherentError, coherent
from tests.unit.referrals.builders import PROVIDER, conclusion

CLUE, OTHER = UUID(int=1), UUID(int=2)
NEEDED: dict[ConclusionCode, dict[str, Any]] = {
    ConclusionCode.FINED: {"amount": 1},
    ConclusionCode.MERGED: {"merged_into": OTHER},
    ConclusionCode.TRANSFERRED: {"transferred_to": "MOE"},
}


def faults(code: str, **say: Any) -> list[str]:
    with pytest.raises(IncoherentError) as raised:
        coherent(conclusion(code, **say), CLUE)
    return [each.field for each in raised.value.faults]


@pytest.mark.parametrize("code", ConclusionCode)
def test_every_code_has_what_it_needs_and_only_that(code: ConclusionCode) -> None:
    needed = NEEDED.get(code, {})
    said = conclusion(code, **needed)
    assert coherent(said, CLUE) == said
    if needed:
        assert faults(code) == list(needed)
    for other, foreign in NEEDED.items():
        if other is not code:
            assert faults(code, **needed | foreign) == list(foreign)


@pytest.mark.parametrize("amount", [0, -5])
def test_a_fine_is_more_than_nothing(amount: int) -> None:
    assert faults("fined", amount=amount) == ["amount"]


def test_a_clue_is_not_merged_into_itself() -> None:
    assert faults("merged", merged_into=CLUE) == ["merged_into"]


def test_an_enterprise_is_kept_by_the_code_that_the_standard_writes() -> None:
    said = coherent(conclusion("rectified", enterprise=" 91630000-m0ckpc3d5q"), CLUE)
    assert said.enterprise == PROVIDER
    assert faults("rectified", enterprise=PROVIDER[:-1]) == ["enterprise"]


def test_what_is_wrong_is_told_in_words_as_well() -> None:
    with pytest.raises(IncoherentError, match="amount: a fine has an amount in yuan"):
        coherent(conclusion("fined"), CLUE)
