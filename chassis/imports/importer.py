"""What a service declares about a kind of file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chassis.database import Tx
from chassis.http.auth import Caller
from chassis.imports.formats import Format
from chassis.imports.lines import ImportOutcome, Line
from chassis.imports.resource import Import
from chassis.imports.seen import Unique

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Importer(Generic[R]):
    """A kind of file, and how its lines are applied.

    `apply` receives up to 5,000 readable lines of one file in one transaction, and returns the outcome of every line.
    It is called for the chunks of a file in any order, by several workers concurrently, and again for lines that were
    applied earlier (from another file, or another upload of the same file): keys of the domain decide what is a
    duplicate, never the order. It acquires locks in sorted order. Where it raises
    an exception it is called for parts of these lines, in their order, down to the line that fails alone, which is
    rejected.

    `sees_all` decides who sees the imports of all organisations and may resume failed ones; other callers see the
    imports of their own organisation. `noun` names an import in the API's description ("complaint import"). `personal`
    states that lines contain personal data: they are encrypted while they wait, which requires a key ring.

    `unique` is what only one line of a file may be about, such as a port: a second line about it is an error, and
    `apply` does not receive it.
    """

    kind: str
    noun: str
    format: Format[R]
    apply: Callable[[Tx, Import, Sequence[Line[R]]], ImportOutcome]
    sees_all: Callable[[Caller], bool]
    personal: bool = True
    unique: Unique[R] | None = None
