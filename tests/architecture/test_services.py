"""Every service is built alike, and hears and says what the catalogue of topics says it does."""

from __future__ import annotations

import pytest

from anning.services import load
from chassis.events.routing import topics_of
from chassis.events.topics import Catalogue
from chassis.service import Service
from contracts.catalogue import EVENTS
from tests.architecture import sources

TOPICS = Catalogue.load(sources.ROOT / "contracts" / "topics.yaml").topics

ON_ONE_SCREEN = {
    *("README.md", "service", "model", "policy", "rules.yaml", "store", "commands"),
    *("reactions", "sweeps", "api", "views", "migrations"),
}
"""What a service is made of. A file that outgrows its room is a folder of the same name."""

SOMETIMES = {"imports"}
"""What only some have a need of: files that are more than rows of a command."""

every_service = pytest.mark.parametrize("name", sources.services())


def made_of(name: str) -> set[str]:
    """The parts of a service: files and folders, modules without their ending."""
    parts = (path for path in (sources.ROOT / "services" / name).iterdir() if not path.name.startswith("__"))
    return {path.stem if path.suffix == ".py" else path.name for path in parts}


def heard_by(service: Service) -> set[str]:
    """The topics that its routing tables listen to."""
    routings = [service.reactions, *(projection.handlers for projection in service.projections)]
    return {topic for routing in routings for topic in topics_of(routing)}


def test_the_services_are_those_that_own_topics() -> None:
    assert {"complaints", "ports"} <= set(sources.services()) == {topic.owner for topic in TOPICS.values()}


@every_service
def test_a_service_is_called_what_its_folder_is_called(name: str) -> None:
    service = load(name)
    assert service.name == name
    assert service.migrations == sources.ROOT / "services" / name / "migrations"


@every_service
def test_a_service_has_the_parts_that_every_service_has(name: str) -> None:
    assert made_of(name) - SOMETIMES == ON_ONE_SCREEN


@every_service
def test_a_service_hears_the_topics_that_name_it_as_a_consumer(name: str) -> None:
    assert heard_by(load(name)) == {topic for topic, entry in TOPICS.items() if name in entry.consumers}


@every_service
def test_a_service_hears_published_facts_only(name: str) -> None:
    service = load(name)
    routings = [service.reactions, *(projection.handlers for projection in service.projections)]
    assert all(EVENTS.get(event.type) is event for routing in routings for event in routing)


@every_service
def test_a_projection_says_nothing_and_so_its_tables_are_not_those_of_aggregates(name: str) -> None:
    service = load(name)
    for projection in service.projections:
        assert projection.tables, "there is nothing to empty when it is rebuilt"
        assert all(table.metadata is service.metadata for table in projection.tables)


def test_nobody_listens_who_is_not_there() -> None:
    assert {consumer for topic in TOPICS.values() for consumer in topic.consumers} <= set(sources.services())
