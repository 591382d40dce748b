from __future__ import annotations

from uuid import UUID

import msgspec

from chassis.audit import digest


class Order(msgspec.Struct):
    order: UUID
    state: str


def test_states_are_compared_by_what_they_hold_and_not_by_how_it_is_ordered() -> None:
    assert digest({"a": 1, "b": {"c": 2, "d": 3}}) == digest({"b": {"d": 3, "c": 2}, "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    identity = UUID(int=7)
    assert digest(Order(identity, "ordered")) == digest({"state": "ordered", "order": str(identity)})
