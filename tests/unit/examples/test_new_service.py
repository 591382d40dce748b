"""The names of a new service, and its port."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from anning.services import NAMES, load
from examples.names import Names, ServiceNameError, check, singular
from examples.new_service import free_port, main, write_service
from sandbox.settings import ISSUER_PORT
from tests.architecture import sources


@pytest.mark.parametrize("name", ["", "ab", "Sample", "2nd", "with-hyphen", "with_underscore", "class", "x" * 21])
def test_a_name_that_python_and_topics_cannot_use_is_refused(name: str) -> None:
    with pytest.raises(ServiceNameError, match=r"is not a name|is a word of Python"):
        Names(service=name, item="case", http_port=8005)
    with pytest.raises(ServiceNameError, match=r"is not a name|is a word of Python"):
        Names(service="sample", item=name, http_port=8005)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("reference", "'references' is a word of SQL"),
        ("type", "'type' is a word of Python"),
        ("var", "'vars' is a word of Python"),
    ],
)
def test_an_item_that_sql_or_python_has_a_meaning_for_is_refused(item: str, reason: str) -> None:
    with pytest.raises(ServiceNameError, match=reason):
        Names(service="madeup", item=item, http_port=8005)


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        ("ports", "services/ports exists already"),
        ("carriers", r"contracts/carriers\.py exists already"),
        ("schemas", "contracts/schemas exists already"),
        ("http", "tests/integration/http exists already"),
        ("sandbox", r"requirements/sandbox\.lock exists already"),
        ("orders", "there are scopes orders:… of another one"),
        ("postgres", r"it has a meaning in deploy/docker-compose\.yml\.jinja"),
        ("worker", r"it has a meaning in deploy/docker-compose\.yml\.jinja"),
        ("tokens", r"it has a meaning in deploy/docker-compose\.yml\.jinja"),
        ("demo", "it has a meaning in Makefile"),
        ("credentials", r"it has a meaning in anning/local\.py"),
    ],
)
def test_a_service_with_the_name_of_something_else_is_refused(service: str, reason: str) -> None:
    with pytest.raises(ServiceNameError, match=reason):
        check(sources.ROOT, Names(service=service, item="madeup", http_port=8005))


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("arrival", "the service uses the name ARRIVALS for something else"),
        ("statistic", "the service uses the name statistics for something else"),
        ("page", "the service uses the name Page for something else"),
        ("import", "is a word of Python"),
        ("projection", "every service has a table projections already"),
        ("port", r"services/ports/model/port\.py has a class Port already"),
        ("clue", r"services/referrals/model/clue\.py has a class Clue already"),
    ],
)
def test_an_item_with_the_name_of_something_else_is_refused(item: str, reason: str) -> None:
    with pytest.raises(ServiceNameError, match=reason):
        check(sources.ROOT, Names(service="madeup", item=item, http_port=8005))


def test_the_next_free_port_is_not_that_of_the_issuer() -> None:
    last = replace(load(NAMES[0]), http_port=ISSUER_PORT - 1)
    assert free_port([last]) == ISSUER_PORT + 1
    assert free_port([replace(last, http_port=ISSUER_PORT - 2)]) == ISSUER_PORT - 1


@pytest.mark.parametrize(
    ("item", "items"),
    [
        *(("case", "cases"), ("box", "boxes"), ("brush", "brushes"), ("sample", "samples")),
        *(("address", "addresses"), ("company", "companies"), ("survey", "surveys"), ("notice", "notices")),
    ],
)
def test_the_plural_of_an_item_names_its_table(item: str, items: str) -> None:
    assert Names(service="enforcement", item=item, http_port=8005).items == items
    assert singular(items) == item
    assert singular(item) == item


def test_the_names_of_the_example_become_those_of_the_service() -> None:
    names = Names(service="enforcement", item="case", http_port=8005)
    text = (
        'from examples.parcels import facts; PARCELS = Table("parcels"); topic = "parcels.parcels.v1"; '
        'SEND = "parcels:send"'
    )
    assert names.rename(text) == (
        'from contracts import enforcement as facts; CASES = Table("cases"); topic = "enforcement.cases.v1"; '
        'SEND = "enforcement:send"'
    )


def test_an_existing_service_is_not_overwritten() -> None:
    before = (sources.ROOT / "services" / "ports" / "service.py").read_text(encoding="utf-8")
    with pytest.raises(ServiceNameError, match="exists already"):
        write_service(sources.ROOT, Names(service="ports", item="port", http_port=8005))
    assert (sources.ROOT / "services" / "ports" / "service.py").read_text(encoding="utf-8") == before


def test_a_refused_name_exits_with_a_line_for_the_developer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["Bad-Name"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "is not a name" in lines[0]
    assert not Path(sources.ROOT / "services" / "Bad-Name").exists()
