"""Every service has the same structure, and consumes and publishes what the catalogue of topics lists."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

from anning.services import load
from chassis.events.routing import topics_of
from chassis.events.topics import Catalogue
from chassis.service import Service
from contracts.catalogue import EVENTS
from tests.architecture import sources

TOPICS = Catalogue.load(sources.ROOT / "contracts" / "topics.yaml").topics

PARTS = {
    *("README.md", "service", "access", "model", "policy", "rules.yaml", "store", "commands"),
    *("reactions", "sweeps", "imports", "api", "views", "migrations"),
}
"""The parts of a service, each a file or a folder of the same name. A thin part may be absent."""

REQUIRED = {"README.md", "service", "access", "model", "store", "commands", "api", "migrations"}

MOST_COPIES = 200
"""Lines in `services/` that copy a field under its own name."""

every_service = pytest.mark.parametrize("name", sources.services())


def parts_of(name: str) -> set[str]:
    """The parts of a service: files and folders, modules without their suffix."""
    parts = (path for path in (sources.ROOT / "services" / name).iterdir() if not path.name.startswith("__"))
    return {path.stem if path.suffix == ".py" else path.name for path in parts}


def consumed_by(service: Service) -> set[str]:
    """The topics of its routing tables."""
    routings = [service.reactions, *(projection.handlers for projection in service.projections)]
    return {topic for routing in routings for topic in topics_of(routing)}


def test_every_topic_belongs_to_a_service() -> None:
    assert {"complaints", "ports"} <= {topic.owner for topic in TOPICS.values()} <= set(sources.services())


@every_service
def test_a_service_has_the_name_of_its_folder(name: str) -> None:
    service = load(name)
    assert service.name == name
    assert service.migrations == sources.ROOT / "services" / name / "migrations"


@every_service
def test_a_service_has_no_other_parts_than_every_service(name: str) -> None:
    assert REQUIRED <= parts_of(name) <= PARTS


@every_service
def test_a_service_consumes_the_topics_that_name_it_as_a_consumer(name: str) -> None:
    assert consumed_by(load(name)) == {topic for topic, entry in TOPICS.items() if name in entry.consumers}


@every_service
def test_a_service_consumes_published_facts_only(name: str) -> None:
    service = load(name)
    routings = [service.reactions, *(projection.handlers for projection in service.projections)]
    assert all(EVENTS.get(event.type) is event for routing in routings for event in routing)


@every_service
def test_the_tables_of_a_projection_belong_to_its_service(name: str) -> None:
    service = load(name)
    for projection in service.projections:
        assert projection.tables, "a rebuild has nothing to empty"
        assert all(table.metadata is service.metadata for table in projection.tables)


def test_every_consumer_is_a_service() -> None:
    assert {consumer for topic in TOPICS.values() for consumer in topic.consumers} <= set(sources.services())


def test_a_class_name_has_one_meaning() -> None:
    """A name is defined once, except `Visibility`: each service defines what its callers may see."""
    names = Counter(
        node.name
        for source in sources.python()
        if source.path.parts[0] in ("chassis", "contracts", "anning", "services", "standalone", "sandbox", "deploy")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, count in names.items() if count > 1} <= {"Visibility"}


def test_a_field_is_not_copied_by_hand_from_layer_to_layer() -> None:
    """Lines of the form `x=something.x` are rare: rows, facts and views are mapped by name."""
    copied = re.compile(r"\b(\w+)=\w+(\.\w+)*\.\1\b")
    lines = [
        line
        for source in sources.python()
        if source.path.parts[0] == "services"
        for line in source.text.splitlines()
        if copied.search(line)
    ]
    assert len(lines) <= MOST_COPIES
