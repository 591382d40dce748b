"""No text leaves a service but `Redacted` and `Written`: every other text of a fact or a view is of a kind that has no
words of a person, and stands here with this kind."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel, create_model

from chassis.citation import Citation
from chassis.event import Event
from chassis.redaction import Redacted, Written
from tests.architecture.test_mappings import VIEWS

KINDS = {
    "a code of a closed list, or of a register": (
        "access_class access_code addressed_because answer attribution authority because carrier carriers category "
        "channel code existing ground industries industry kind legal_source list mark new_resources not_mine province "
        "purpose reasons refusal reservations return_reason rule silent state status suggested tier version withdrawal "
        "withdrawal_review lift_review "
        "ChannelHoldView.reason ComplaintWithdrawn.reason FilingDecided.decision ListingView.reason Restriction.reason "
        "RestrictionView.reason"
    ),
    "the credit code of an enterprise": "claimed_holder claimed_provider enterprise holder provider",
    "the number of a port or of another sender, without that of a person": "base extension number sender_number",
    "an id, or a reference to one": "causes digest",
    "a quarter": "period through",
    "an organisation of the platform": "sender",
    "the subject of a token, or whether rules or staff acted": (
        "assessed_by closed_by decided_by decider filed_by opened_by proposed_by proposer released_by requested_by"
    ),
    "the identifier of a clue's subject: a credit code, a signature of a fact, or a number": (
        "Subject.value SubjectView.value"
    ),
    "of the channel or the person who files, for them alone": "ComplaintView.external_id FiledView.receipt",
    "disclosed to the police, after two persons have decided": "DisclosureView.complainant_number DisclosureView.text",
}
"""The fields by what they are: by their name wherever it means one thing, else with that of the fact or the view."""
NAMES = {name for names in KINDS.values() for name in names.split()}


def facts(of: type[Event] = Event) -> Iterator[type[Event]]:
    """Every fact of the contracts."""
    for each in of.__subclasses__():
        if each.__module__.startswith("contracts."):
            yield each
        yield from facts(each)


def parts(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """The structs within a type, itself included."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
        for hint in typing.get_type_hints(kind).values():
            yield from parts(hint)
    for each in typing.get_args(kind):
        yield from parts(each)


STRUCTS = {part for fact in facts() for part in parts(fact)} - {Citation}


def has_raw_text(kind: Any) -> bool:
    """Whether a value of this type may be, or contain, any text. Enumerations and the two kinds of text are not."""
    return kind is str or any(map(has_raw_text, typing.get_args(kind)))


def raw_texts(model: type[BaseModel] | type[msgspec.Struct]) -> set[str]:
    """The fields of a fact or a view with a text that is of no known kind."""
    hints = typing.get_type_hints(model)
    fields = tuple(model.model_fields) if issubclass(model, BaseModel) else model.__struct_fields__
    texts = {name for name in fields if has_raw_text(hints[name])}
    title = model.__qualname__.rpartition(".")[2]
    return {name for name in texts if not {name, f"{title}.{name}"} & NAMES}


@pytest.mark.parametrize("struct", sorted(STRUCTS, key=str), ids=str)
def test_every_text_of_a_fact_is_redacted_written_or_of_a_known_kind(struct: type[msgspec.Struct]) -> None:
    assert raw_texts(struct) == set()


@pytest.mark.parametrize("view", VIEWS, ids=lambda each: f"{each.__module__.split('.')[1]}.{each.__name__}")
def test_every_text_of_a_view_is_redacted_written_or_of_a_known_kind(view: type[BaseModel]) -> None:
    assert raw_texts(view) == set()


def test_facts_and_views_have_texts_of_both_kinds() -> None:
    hints = [hint for each in (*STRUCTS, *VIEWS) for hint in typing.get_type_hints(each).values()]
    for kind in (Redacted, Written):
        assert sum(kind in (hint, *typing.get_args(hint)) for hint in hints) > 3


def test_a_raw_text_in_a_view_is_found() -> None:
    view = next(each for each in VIEWS if each.__name__ == "OrderView")
    assert raw_texts(create_model("OrderView", __base__=view, remark=(str | None, None))) == {"remark"}
