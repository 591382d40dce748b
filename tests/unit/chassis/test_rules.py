from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

import pytest

from chassis import rules
from chassis.citation import Citation
from chassis.rules import NoRuleInForceError, Rule, Rulebook, RulesError


class Overripe(Rule, frozen=True):
    code: ClassVar[str] = "fruit.overripe"

    bruises: int
    within: timedelta


class Ripe(Rule, frozen=True):
    code: ClassVar[str] = "fruit.ripe"

    colours: tuple[str, ...]


BOOK = """
packs: {LAW-A: the old law, LAW-B: the new law, demo: fast}
rules:
  fruit.overripe:
    - {pack: LAW-A, effective_from: 2015-06-30, effective_to: 2020-01-01, legal_source: a1, mark: S,
       parameters: {bruises: 3, within: 10d}}
    - {pack: LAW-A, effective_from: 2020-01-01, legal_source: a2, mark: R~, parameters: {bruises: 4, within: 36h}}
    - {pack: LAW-B, effective_from: 2026-01-01, legal_source: b1, mark: M, parameters: {bruises: 5, within: 15min}}
    - {pack: demo, legal_source: none, mark: D, parameters: {bruises: 1, within: 30s}}
  fruit.ripe:
    - {pack: LAW-A, legal_source: a3, mark: D, parameters: {colours: [red, yellow]}}
"""


@pytest.fixture
def book() -> Rulebook:
    return Rulebook(BOOK, [Overripe, Ripe])


@pytest.fixture(autouse=True)
def _packs() -> Iterator[None]:
    before = rules._packs_in_force
    rules.use_packs("LAW-A,LAW-B")
    yield
    rules._packs_in_force = before


def test_the_version_in_force_is_found_with_its_citation(book: Rulebook) -> None:
    rule = book.at(Overripe, date(2019, 12, 31))
    assert (rule.bruises, rule.within) == (3, timedelta(days=10))
    assert rule.citation == Citation(rule="fruit.overripe", version="LAW-A@2015-06-30", legal_source="a1", mark="S")


def test_a_version_ends_before_the_day_on_which_the_next_begins(book: Rulebook) -> None:
    assert book.at(Overripe, date(2020, 1, 1)).citation.legal_source == "a2"


def test_a_later_pack_has_precedence_while_it_is_in_force(book: Rulebook) -> None:
    assert book.at(Overripe, date(2025, 12, 31)).bruises == 4
    assert book.at(Overripe, date(2026, 1, 1)).bruises == 5


def test_a_rule_missing_in_the_later_pack_stays_in_force(book: Rulebook) -> None:
    assert book.at(Ripe, date(2026, 5, 1)).colours == ("red", "yellow")


def test_the_demo_pack_is_in_force_on_every_day(book: Rulebook) -> None:
    rules.use_packs("LAW-A, LAW-B, demo")
    assert book.at(Overripe, date(1999, 1, 1)).within == timedelta(seconds=30)
    assert book.at(Overripe, date(1999, 1, 1)).citation.version == "demo"


def test_a_time_belongs_to_its_day_in_beijing(book: Rulebook) -> None:
    assert book.at(Overripe, datetime(2025, 12, 31, 15, 59, tzinfo=UTC)).bruises == 4
    assert book.at(Overripe, datetime(2025, 12, 31, 16, 0, tzinfo=UTC)).bruises == 5


def test_a_time_without_a_zone_is_refused(book: Rulebook) -> None:
    with pytest.raises(ValueError, match="time zone"):
        book.at(Overripe, datetime(2025, 1, 1))  # noqa: DTZ001


def test_before_the_first_version_there_is_no_rule(book: Rulebook) -> None:
    with pytest.raises(NoRuleInForceError, match=r"fruit\.overripe on 2015-06-29"):
        book.at(Overripe, date(2015, 6, 29))


def test_a_pack_missing_in_the_rulebook_is_an_error(book: Rulebook) -> None:
    rules.use_packs("LAW-A,LAW-C")
    with pytest.raises(RulesError, match="has no pack LAW-C"):
        book.at(Overripe, date(2020, 1, 1))


def test_no_rule_is_found_before_packs_are_selected(book: Rulebook) -> None:
    rules._packs_in_force = None
    with pytest.raises(RulesError, match="use_packs"):
        book.at(Overripe, date(2020, 1, 1))


@pytest.mark.parametrize("packs", ["", " , ", "LAW-A,LAW-A"])
def test_an_invalid_selection_of_packs_is_refused(packs: str) -> None:
    with pytest.raises(RulesError):
        rules.use_packs(packs)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("effective_to: 2020-01-01", "effective_to: 2020-01-02", "overlap"),
        ("effective_to: 2020-01-01", "effective_to: 2019-12-31", "no version between"),
        ("effective_to: 2020-01-01", "effective_to: 2015-06-30", "ends before it begins"),
        ("pack: LAW-B", "pack: LAW-X", "LAW-X is not among packs"),
        ("bruises: 3", "bruises: three", "Expected `int`"),
        ("bruises: 3,", "bruises: 3, stains: 1,", "unknown field `stains`"),
        ("bruises: 3, ", "", "missing required field `bruises`"),
        ("within: 10d", "within: 10", "must be a duration"),
        ("within: 10d", "within: 10 days", "must be a duration"),
        ("mark: S", "mark: X", "mark"),
        ("mark: S", "marc: S", "marc"),
        ("fruit.ripe", "fruit.unripe", "not both in the file and as a class"),
        ("  fruit.ripe:", "  fruit.overripe:", "occurs twice"),
        ("rules:", "rules: [", "rules.yaml"),
    ],
)
def test_an_invalid_rulebook_is_refused_when_loaded(before: str, after: str, reason: str) -> None:
    assert before in BOOK
    with pytest.raises(RulesError, match=reason):
        Rulebook(BOOK.replace(before, after, 1), [Overripe, Ripe])


def test_a_rule_without_any_version_is_refused() -> None:
    with pytest.raises(RulesError, match="without any version"):
        Rulebook("packs: {}\nrules: {fruit.ripe: []}", [Ripe])


def test_a_rulebook_is_loaded_from_the_package_of_its_service(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path_factory.mktemp("services")
    package = root / "orchard_with_rules"
    package.mkdir()
    package.joinpath("__init__.py").touch()
    package.joinpath("rules.yaml").write_text(BOOK)
    monkeypatch.syspath_prepend(root)
    assert Rulebook.of("orchard_with_rules", Overripe, Ripe).at(Overripe, date(2021, 1, 1)).bruises == 4
