"""The fields of a conclusion must fit each other."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from chassis.field_errors import InvalidFieldsError
from contracts.vocabulary import ConclusionCode
from services.referrals.policy.conclusions import checked
from tests.unit.referrals.builders import PROVIDER, conclusion

CLUE, OTHER = UUID(int=1), UUID(int=2)
NEEDED: dict[ConclusionCode, dict[str, Any]] = {
    ConclusionCode.FINED: {"amount": 1},
    ConclusionCode.MERGED: {"merged_into": OTHER},
    ConclusionCode.TRANSFERRED: {"transferred_to": "MOE"},
}


def wrong_fields(code: str, **overrides: Any) -> list[str]:
    with pytest.raises(InvalidFieldsError) as raised:
        checked(conclusion(code, **overrides), CLUE)
    return [each.field for each in raised.value.errors]


@pytest.mark.parametrize("code", ConclusionCode)
def test_every_code_requires_its_fields_and_allows_no_others(code: ConclusionCode) -> None:
    needed = NEEDED.get(code, {})
    complete = conclusion(code, **needed)
    assert checked(complete, CLUE) == complete
    if needed:
        assert wrong_fields(code) == list(needed)
    for other, foreign in NEEDED.items():
        if other is not code:
            assert wrong_fields(code, **needed | foreign) == list(foreign)


@pytest.mark.parametrize("amount", [0, -5])
def test_a_fine_has_a_positive_amount(amount: int) -> None:
    assert wrong_fields("fined", amount=amount) == ["amount"]


def test_a_clue_cannot_be_merged_into_itself() -> None:
    assert wrong_fields("merged", merged_into=CLUE) == ["merged_into"]


def test_a_credit_code_is_stored_in_standard_form() -> None:
    found = checked(conclusion("rectified", enterprise=" 91630000-m0ckpc3d5q"), CLUE)
    assert found.enterprise == PROVIDER
    assert wrong_fields("rectified", enterprise=PROVIDER[:-1]) == ["enterprise"]


@pytest.mark.parametrize("text", ["????", "锟斤拷"])
def test_a_name_or_a_note_whose_characters_a_conversion_lost_is_refused(text: str) -> None:
    assert wrong_fields("warned", decision=text, note=text) == ["decision", "note"]
    assert wrong_fields("transferred", transferred_to=text) == ["transferred_to"]


def test_the_error_states_every_field_and_its_problem() -> None:
    with pytest.raises(InvalidFieldsError, match="amount: a fine has an amount in yuan"):
        checked(conclusion("fined"), CLUE)
