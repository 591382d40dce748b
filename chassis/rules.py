"""Rules as data: thresholds, deadlines, caps and periods are in a service's `rules.yaml`, never in its code.

A rule has versions. Each version has its pack, the days on which it is in force, its legal source and the certainty of
that source (`mark`). The packs in force are chosen once per process. The file:

    packs:
      CN-2026: what this pack is
    rules:
      shutdown.commercial:
        - pack: CN-2026
          effective_from: 2026-01-01    # absent: since ever
          effective_to: 2027-01-01      # the first day after; absent: no end
          legal_source: ...
          mark: D                       # S R R~ M D: from certain to our own decision
          parameters: {complainants: 5, window: 10d}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from importlib import resources
from itertools import pairwise
from typing import Any, ClassVar, Literal, TypeVar, get_type_hints

import msgspec
import yaml

from chassis.calendar import day_of
from chassis.citation import Citation

_DURATION = re.compile(r"([0-9]+)(s|min|h|d)")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


class RulesError(ValueError):
    """A rules file contradicts itself or the classes that read it, or does not have the packs in force."""


class NoRuleInForceError(LookupError):
    """No pack in force has a version of the rule for that day."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of one rule: a subclass names its `code` and has a typed field for every parameter.

    Durations are `timedelta`, written "30s", "15min", "2h" or "10d".
    """

    code: ClassVar[str]

    citation: Citation


R = TypeVar("R", bound=Rule)

_packs_in_force: tuple[str, ...] | None = None


def use_packs(packs: str) -> None:
    """Choose the packs in force for this process, comma-separated; a later one wins where it has the rule."""
    global _packs_in_force  # noqa: PLW0603 - chosen once, when the process starts
    names = tuple(name.strip() for name in packs.split(",") if name.strip())
    if not names or len(set(names)) != len(names):
        raise RulesError(f"packs in force must be a list of different names, not {packs!r}")
    _packs_in_force = names


def packs_in_force() -> tuple[str, ...]:
    """The packs in force, the winning one last. Raises RulesError where none were chosen: there is no default."""
    if _packs_in_force is None:
        raise RulesError("no packs of rules are in force: call rules.use_packs(settings.rule_packs) at start")
    return _packs_in_force


class _Version(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pack: str
    legal_source: str
    mark: Literal["S", "R", "R~", "M", "D"]
    parameters: dict[str, Any]
    effective_from: date | None = None
    effective_to: date | None = None

    @property
    def name(self) -> str:
        return self.pack if self.effective_from is None else f"{self.pack}@{self.effective_from.isoformat()}"

    @property
    def span(self) -> tuple[date, date]:
        return self.effective_from or date.min, self.effective_to or date.max


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    packs: dict[str, str]
    rules: dict[str, list[_Version]]


class Rulebook:
    """Every version of every rule of one service, checked when it is loaded."""

    def __init__(self, text: str, rules: Iterable[type[Rule]], source: str = "rules.yaml") -> None:
        """Raises RulesError for versions that overlap or leave a gap, for a rule without versions or without a
        class, and for parameters that its class does not have, misses, or has with another type."""
        self._source = source
        self._packs, parsed = _parse(text, source)
        classes = {rule.code: rule for rule in rules}
        if classes.keys() != parsed.keys():
            unlike = ", ".join(sorted(classes.keys() ^ parsed.keys()))
            raise RulesError(f"{source}: not both in the file and as a class: {unlike}")
        self._versions: dict[tuple[str, str], list[tuple[date, date, Rule]]] = {}
        for code, versions in parsed.items():
            for pack in dict.fromkeys(version.pack for version in versions):
                own = sorted((each for each in versions if each.pack == pack), key=lambda each: each.span)
                self._check_spans(code, own)
                self._versions[code, pack] = [(*each.span, self._typed(classes[code], each)) for each in own]

    @classmethod
    def of(cls, package: str, *rules: type[Rule]) -> Rulebook:
        """The book in the `rules.yaml` beside a service: `RULES = Rulebook.of(__package__, Commercial, Sublet)`."""
        text = resources.files(package).joinpath("rules.yaml").read_text(encoding="utf-8")
        return cls(text, rules, source=f"{package}/rules.yaml")

    def at(self, rule: type[R], on: date | datetime) -> R:
        """The version of `rule` in force on that day, by the packs in force.

        `on` is a day of the legal calendar or an aware moment. Raises NoRuleInForceError, and RulesError where a
        pack in force is not one that the file names.
        """
        if isinstance(on, datetime):
            if on.tzinfo is None:
                raise ValueError("a moment without a time zone falls on no certain day")
            on = day_of(on)
        packs = packs_in_force()
        unknown = [pack for pack in packs if pack not in self._packs]
        if unknown:
            raise RulesError(f"{self._source} has no pack {', '.join(unknown)}; its packs are {', '.join(self._packs)}")
        for pack in reversed(packs):
            for start, end, version in self._versions.get((rule.code, pack), ()):
                if start <= on < end:
                    assert isinstance(version, rule)
                    return version
        raise NoRuleInForceError(f"{self._source}: no version of {rule.code} on {on} in {', '.join(packs)}")

    def _check_spans(self, code: str, versions: Sequence[_Version]) -> None:
        where = f"{self._source}: {code}"
        for version in versions:
            if version.pack not in self._packs:
                raise RulesError(f"{where}: pack {version.pack} is not among packs")
            if version.span[0] >= version.span[1]:
                raise RulesError(f"{where}: version {version.name} ends before it begins")
        for earlier, later in pairwise(versions):
            if earlier.span[1] > later.span[0]:
                raise RulesError(f"{where}: versions {earlier.name} and {later.name} overlap")
            if earlier.span[1] < later.span[0]:
                raise RulesError(f"{where}: no version between {earlier.name} and {later.name}")

    def _typed(self, rule: type[Rule], version: _Version) -> Rule:
        citation = {
            "rule": rule.code,
            "version": version.name,
            "legal_source": version.legal_source,
            "mark": version.mark,
        }
        try:
            parameters = _with_durations(rule, version.parameters)
            return msgspec.convert({**parameters, "citation": citation}, rule)
        except ValueError as error:
            raise RulesError(f"{self._source}: {rule.code}, version {version.name}: {error}") from error


def _parse(text: str, source: str) -> tuple[dict[str, str], dict[str, list[_Version]]]:
    try:
        parsed = msgspec.convert(yaml.load(text, Loader=_UniqueKeys), _File)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError) as error:
        raise RulesError(f"{source}: {error}") from error
    without = [code for code, versions in parsed.rules.items() if not versions]
    if without:
        raise RulesError(f"{source}: without any version: {', '.join(without)}")
    return parsed.packs, parsed.rules


def _with_durations(rule: type[Rule], parameters: Mapping[str, Any]) -> dict[str, Any]:
    durations = {name for name, hint in get_type_hints(rule).items() if hint is timedelta}
    return {name: _duration(name, value) if name in durations else value for name, value in parameters.items()}


def _duration(name: str, value: object) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{name} must be a duration such as 30s, 15min, 2h or 10d, not {value!r}")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


class _UniqueKeys(yaml.CSafeLoader):
    """YAML in which a name given twice is an error: the second of two rules would win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = [name for index, name in enumerate(names) if name in names[:index]]
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"{twice[0]} occurs twice", node.start_mark)
        return super().construct_mapping(node, deep)
