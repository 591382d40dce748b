"""What msgspec knows about a class, built before threads ask for it.

msgspec builds it at the first use of the class, and publishes it while it is still incomplete. A second thread that
uses the class in this moment reads a null pointer: the process ends with a segmentation fault.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


def build_types() -> None:
    """Make every loaded class that msgspec can decode safe for use by several threads. Called before they start."""
    for kind in _subclasses(object):
        if issubclass(kind, msgspec.Struct | tuple) or "__dataclass_fields__" in vars(kind):
            try:
                msgspec.msgpack.Decoder(kind)
            except (TypeError, NameError):  # not made for decoding: its fields have other types, or only a checker's
                continue


def _subclasses(root: type) -> Iterator[type]:
    found = {root}
    waiting = [root]
    while waiting:
        subclasses: list[type] = type.__subclasses__(waiting.pop())
        new = [kind for kind in subclasses if kind not in found]
        found.update(new)
        waiting.extend(new)
        yield from new
