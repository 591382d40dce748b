"""Every published fact by its type: what the schemas, the examples and whoever reads any topic go by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType, ModuleType
from typing import Final

from chassis.event import Event
from contracts import complaints, credit, ports, referrals


def published_by(modules: Iterable[ModuleType]) -> dict[str, type[Event]]:
    """The facts that these modules define, by type, sorted.

    A class without a `type` of its own is what several facts have in common, and no fact. Raises ValueError for a
    type that two classes claim.
    """
    found: dict[str, type[Event]] = {}
    for module in modules:
        for each in vars(module).values():
            if not isinstance(each, type) or not issubclass(each, Event) or "type" not in vars(each):
                continue
            if found.setdefault(each.type, each) is not each:
                raise ValueError(f"{each.type} is claimed by {found[each.type].__name__} and {each.__name__}")
    return dict(sorted(found.items()))


EVENTS: Final[Mapping[str, type[Event]]] = MappingProxyType(published_by((complaints, ports, referrals, credit)))
"""Every event type of the system and its class. Where it travels: `topics.yaml`."""
