"""Every published fact by its type: the source of schemas, examples and decoders."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Final

import contracts
from chassis.event import Event


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


def _modules() -> Iterator[ModuleType]:
    for each in pkgutil.iter_modules(contracts.__path__, "contracts."):
        if not each.ispkg and each.name != __name__:
            yield import_module(each.name)


EVENTS: Final[Mapping[str, type[Event]]] = MappingProxyType(published_by(_modules()))
"""Every event type of the modules in this folder and its class. Its topic is in `topics.yaml`."""
