"""The names of a new service."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.new_service import Names, ServiceNameError, main, write_service
from tests.architecture import sources


@pytest.mark.parametrize("name", ["", "ab", "Sample", "2nd", "with-hyphen", "with_underscore", "class", "x" * 32])
def test_a_name_that_python_and_topics_cannot_use_is_refused(name: str) -> None:
    with pytest.raises(ServiceNameError, match="is not a name"):
        Names(service=name, item="case", http_port=8005)
    with pytest.raises(ServiceNameError, match="is not a name"):
        Names(service="sample", item=name, http_port=8005)


@pytest.mark.parametrize(
    ("item", "items"), [("case", "cases"), ("box", "boxes"), ("brush", "brushes"), ("sample", "samples")]
)
def test_the_plural_of_an_item_names_its_table(item: str, items: str) -> None:
    assert Names(service="enforcement", item=item, http_port=8005).items == items


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
    with pytest.raises(FileExistsError, match="exists already"):
        write_service(sources.ROOT, Names(service="ports", item="port", http_port=8005))
    assert (sources.ROOT / "services" / "ports" / "service.py").read_text(encoding="utf-8") == before


def test_a_refused_name_exits_with_a_line_for_the_developer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["Bad-Name"]) == 2
    assert "is not a name" in capsys.readouterr().err
    assert not Path(sources.ROOT / "services" / "Bad-Name").exists()
