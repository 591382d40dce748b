"""The messages of the scenario: templates and slots from messages.yaml, filled and signed."""

from __future__ import annotations

import random
import re
from importlib import resources

import msgspec

_SLOT = re.compile(r"\{(\w+)\}")
_LETTERS = "abcdefghjkmnpqrstuvwxyz"

# How signatures are written in practice; most of them correctly. All of these mean the same name.
_SPELLINGS = (
    *["【{name}】{text}"] * 7,
    "{text}【{name}】",
    "【{name}官方】{text}",
    "【 {name} 】{text}",
    "[{name}]{text}",
    "〔{name}〕{text}",
)


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of message and its correct classification, in the vocabulary of `contracts`."""

    industry: str
    category: str
    templates: tuple[str, ...]


class Messages(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All templates, and the values of their slots."""

    slots: dict[str, tuple[str, ...]]
    kinds: dict[str, Kind]

    def write(self, template: str, brand: str, draw: random.Random) -> str:
        """A message from a template, without its signature. Raises KeyError for an unknown slot."""

        def value(slot: re.Match[str]) -> str:
            return brand if slot[1] == "brand" else scrambled(draw.choice(self.slots[slot[1]]), draw)

        return _SLOT.sub(value, template)


def load() -> Messages:
    """The default messages."""
    content = resources.files("sandbox.scenario").joinpath("messages.yaml").read_bytes()
    return msgspec.yaml.decode(content, type=Messages)


def signed(text: str, name: str, draw: random.Random) -> str:
    """A message with its signature, in one of the ways in which people write it."""
    return draw.choice(_SPELLINGS).format(name=name, text=text)


def scrambled(pattern: str, draw: random.Random) -> str:
    """A pattern with a digit for every `#` (the first of a run is not 0) and a small letter for every `@`."""
    made: list[str] = []
    before = ""
    for each in pattern:
        if each == "#":
            made.append(draw.choice("123456789" if before != "#" else "0123456789"))
        else:
            made.append(draw.choice(_LETTERS) if each == "@" else each)
        before = each
    return "".join(made)
