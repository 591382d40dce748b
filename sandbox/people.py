"""The persons of the sandbox: who they are, and what they may do (people.yaml)."""

from __future__ import annotations

from functools import cache
from importlib import resources
from uuid import UUID

import msgspec

from sandbox import install


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person: the `sub` of its tokens, its organisation, its name."""

    subject: UUID
    org: str
    name: str

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the person may do: what the client of the organisation may, and more."""
        kind, _, _ = self.org.partition(":")
        return (*install.scopes_of(kind), *_register().scopes.get(kind, ()))


class _Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    scopes: dict[str, tuple[str, ...]]
    people: dict[str, Person]


def people() -> dict[str, Person]:
    """All persons, by what the sandbox calls them: `MIIT-reviewer`."""
    return _register().people


def all_scopes() -> tuple[str, ...]:
    """Every scope of any client or person, sorted."""
    of_persons = (scope for scopes in _register().scopes.values() for scope in scopes)
    return tuple(sorted({*install.all_scopes(), *of_persons}))


@cache
def _register() -> _Register:
    return msgspec.yaml.decode(resources.files("sandbox").joinpath("people.yaml").read_bytes(), type=_Register)
