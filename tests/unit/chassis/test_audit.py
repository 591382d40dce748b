from __future__ import annotations

from uuid import UUID

import msgspec

from chassis.audit import digest


class Order(msgspec.Struct):
    order: UUID
    state: str


def test_a_digest_depends_on_the_values_and_not_on_their_order() -> None:
    assert digest({"a": 1, "b": {"c": 2, "d": 3}}) == digest({"b": {"d": 3, "c": 2}, "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    identity = UUID(int=7)
    assert digest(Order(identity, "ordered")) == digest({"state": "ordered", "order": str(identity)})
