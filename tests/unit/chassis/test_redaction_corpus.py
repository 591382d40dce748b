"""How much of a made-up corpus is redacted. Who wrote it had not seen the patterns; the patterns were written with the
templates of the split `tune` in view, and never with those of `held`."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from chassis import characters
from chassis.redaction import redact

FILLINGS = 6
FLOORS = {
    "number": 0.98,
    **dict.fromkeys(("link", "street", "plate", "pickup", "share", "account", "password", "name"), 0.9),
    **dict.fromkeys(("rare_name", "separated_name", "romanised_name"), 0.9),
    **dict.fromkeys(("share_pieces", "set_apart_code", "wordy_link"), 0.9),
}
"""The share of the values of each kind that is redacted, at least."""
PRECISION = 0.95
"""The share of what is redacted that had to be, at least."""
_SLOT = re.compile(r"\{(\w+)\}")
# Two in a row replace one part of the text: where the second one begins cannot be seen.
_PLACEHOLDER = re.compile(r"(?:〈[^〉]{1,4}〉)+")


class Template(msgspec.Struct, frozen=True):
    """A message; slots in braces stand for what has to be redacted."""

    id: str
    split: Literal["tune", "held"]
    text: str


CORPUS = Path(__file__).parent / "redaction_corpus"
TEMPLATES = msgspec.yaml.decode((CORPUS / "templates.yaml").read_bytes(), type=list[Template])
VALUES = msgspec.json.decode((CORPUS / "values.json").read_bytes(), type=dict[str, list[str]])


@dataclass(frozen=True)
class Secret:
    """A value in a message: its kind and the places of its characters."""

    kind: str
    places: range


@dataclass(frozen=True)
class Filled:
    """A message with values in the slots of its template, as it looks."""

    text: str
    secrets: list[Secret]


def filled(template: Template, draw: random.Random) -> Filled:
    text, secrets = "", []
    parts = _SLOT.split(template.text)
    for fixed, kind in zip(parts[::2], [*parts[1::2], None], strict=True):
        text += characters.plain(fixed)
        if kind is not None:
            start = len(text)
            text += characters.plain(draw.choice(VALUES[kind]))
            secrets.append(Secret(kind, range(start, len(text))))
    return Filled(text, secrets)


def redacted_spans(text: str) -> list[range]:
    """The places of `text` that placeholders replace."""
    kept = _PLACEHOLDER.split(redact(text))
    found = re.fullmatch("(.*?)".join(map(re.escape, kept)), text, re.DOTALL)
    assert found is not None, text
    return [range(*found.span(group)) for group in range(1, len(kept))]


def is_hidden(secret: Secret, message: Filled, gone: set[int]) -> bool:
    """Whether what is left of a value identifies no one."""
    core = [place for place in secret.places if message.text[place].isalnum()]
    left = [message.text[place] for place in core if place not in gone]
    match secret.kind:
        case "name" | "rare_name" | "separated_name" | "romanised_name":
            return len(left) <= 1
        case "street":
            return len(left) <= len(core) / 2 or not any(map(str.isdigit, left))
    return len(left) <= max(2, len(core) / 4)


def messages(split: str) -> Iterator[Filled]:
    draw = random.Random(5)
    for template in TEMPLATES:
        if template.split == split:
            for _ in range(FILLINGS if _SLOT.search(template.text) else 1):
                yield filled(template, draw)


@pytest.mark.parametrize("split", ["tune", "held"])
def test_most_values_are_redacted_and_little_else_is(split: str) -> None:
    hidden: Counter[str] = Counter()
    total: Counter[str] = Counter()
    right = wrong = 0
    for message in messages(split):
        spans = redacted_spans(message.text)
        gone = {place for span in spans for place in span}
        secret_places = {place for secret in message.secrets for place in secret.places}
        for span in spans:
            inside = len(secret_places.intersection(span))
            right, wrong = (right + 1, wrong) if 2 * inside >= len(span) > 0 else (right, wrong + 1)
        for secret in message.secrets:
            total[secret.kind] += 1
            hidden[secret.kind] += is_hidden(secret, message, gone)
    shares = {kind: round(hidden[kind] / total[kind], 3) for kind in total}
    assert {kind: share for kind, share in shares.items() if share < FLOORS[kind]} == {}
    assert right / (right + wrong) >= PRECISION
