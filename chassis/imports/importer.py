"""What a service says of a kind of file that it takes; all else is done here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chassis.database import Tx
from chassis.http.auth import Caller
from chassis.imports.formats import Format
from chassis.imports.lines import ImportOutcome, Line
from chassis.imports.resource import Import

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Importer(Generic[R]):
    """A kind of file, and what its lines do.

    `apply` gets up to 5,000 lines of one file that could be read, in one transaction, and says what became of every
    one of them. It is called for parts of a file in any order, by several workers at once, and again for lines that
    were applied before (in another file, or another upload of the same): keys of the domain decide what is a
    duplicate, never the order. What it locks it locks sorted. What it raises is tried again a few times; then the
    import has failed, until staff resume it.

    `sees_all` tells who sees the imports of all organisations and resumes those that failed; everybody else sees those
    of their own. `noun` names one import in the API's description ("complaint import"); `personal` says whether lines
    hold personal data, so that they are encrypted while they wait (the process needs a key ring then).
    """

    kind: str
    noun: str
    format: Format[R]
    apply: Callable[[Tx, Import, Sequence[Line[R]]], ImportOutcome]
    sees_all: Callable[[Caller], bool]
    personal: bool = True
