"""What requests may contain: every form has words for a person, and no word that a person writes is blank."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from annotated_types import MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from anning.services import NAMES, load
from chassis.http import preconditions
from chassis.http.faults import UNKNOWN_FAULT, fault_of
from chassis.http.words import LEGIBLE
from tests.architecture.test_openapi import STORED

every_service = pytest.mark.parametrize("service", NAMES)


def bodies(service: str) -> Iterator[type[BaseModel]]:
    """The models of the bodies of a service's requests."""
    for router in load(service).routers:
        for route in router.routes:
            field = getattr(route, "body_field", None)
            kind = None if field is None else field.field_info.annotation
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield kind


def words_in(kind: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """The fields of a model for a text of some length, without those that have another form."""
    for name, field in kind.model_fields.items():
        text = field.annotation in (str, str | None)
        if text and any(isinstance(each, MinLen) for each in field.metadata):
            yield f"{kind.__name__}.{name}", field


@every_service
def test_no_text_that_a_person_writes_may_be_blank(service: str) -> None:
    found = [(name, field) for kind in bodies(service) for name, field in words_in(kind)]
    assert [name for name, field in found if LEGIBLE not in field.metadata] == []


def patterns_in(document: Any) -> Iterator[str]:
    """Every pattern in an OpenAPI document."""
    if isinstance(document, dict):
        if isinstance(document.get("pattern"), str):
            yield document["pattern"]
        for each in document.values():
            yield from patterns_in(each)
    elif isinstance(document, list):
        for each in document:
            yield from patterns_in(each)


@every_service
def test_every_pattern_has_words_for_a_person(service: str) -> None:
    # The chassis reads If-Match itself.
    for pattern in set(patterns_in(STORED[service])) - {preconditions.SCHEMA["pattern"]}:
        error = {"type": "string_pattern_mismatch", "input": "x", "ctx": {"pattern": pattern}}
        assert fault_of(error)["detail"] != UNKNOWN_FAULT, pattern
