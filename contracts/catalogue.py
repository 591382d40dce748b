"""Every published fact by its type: the source of schemas, examples and decoders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType, ModuleType
from typing import Final

from chassis.event import Event
from contracts import complaints, credit, ports, referrals


def published_by(modules: Iterable[ModuleType]) -> dict[str, type[Event]]:
    """The facts that these modules define, by type, sorted.

    A class without its own `type` is the common base of several facts, not a fact. Raises ValueError where two classes
    have the same type.
    """
    found: dict[str, type[Event]] = {}
    for module in modules:
        for each in vars(module).values():
            if not isinstance(each, type) or not issubclass(each, Event) or "type" not in vars(each):
                continue
            if found.setdefault(each.type, each) is not each:
                raise ValueError(f"{found[each.type].__name__} and {each.__name__} have the same type {each.type}")
    return dict(sorted(found.items()))


EVENTS: Final[Mapping[str, type[Event]]] = MappingProxyType(published_by((complaints, ports, referrals, credit)))
"""Every event type of the system and its class. Its topic is in `topics.yaml`."""
