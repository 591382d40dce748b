"""Published facts: every class stands in the catalogue of topics, every type of the catalogue has its class."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import msgspec
import pytest
from msgspec import inspect as types

import contracts
from chassis.event import Event
from chassis.events.topics import Catalogue
from contracts.catalogue import EVENTS, published_by
from tests.architecture import sources

TOPICS = Catalogue.load(sources.ROOT / "contracts" / "topics.yaml").topics
PARTITIONS = {1, 6}

every_fact = pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.type)


def modules() -> Iterator[ModuleType]:
    """Every module of the published language, whether the catalogue knows of it or not."""
    for each in pkgutil.walk_packages(contracts.__path__, "contracts."):
        if not each.name.endswith(".__main__"):
            yield import_module(each.name)


def structs_of(event: type[Event]) -> set[type[msgspec.Struct]]:
    """The class of a fact and those of its parts."""
    found: set[type[msgspec.Struct]] = set()

    def walk(kind: types.Type) -> None:
        match kind:
            case types.StructType(cls=struct, fields=fields):
                found.add(struct)
                for field in fields:
                    walk(field.type)
            case types.UnionType(types=options):
                for option in options:
                    walk(option)
            case types.VarTupleType(item_type=item):
                walk(item)

    walk(types.type_info(event))
    return found


def test_the_classes_of_facts_and_the_catalogue_of_topics_name_the_same() -> None:
    listed = {event: topic for topic, entry in TOPICS.items() for event in entry.events}
    assert {name: event.topic for name, event in EVENTS.items()} == listed


def test_no_fact_is_published_twice_or_on_two_topics() -> None:
    listed = [event for entry in TOPICS.values() for event in entry.events]
    assert len(listed) == len(set(listed))


def test_the_catalogue_of_facts_leaves_none_out() -> None:
    assert published_by(modules()) == EVENTS


@every_fact
def test_a_fact_is_defined_by_the_service_that_owns_its_topic(event: type[Event]) -> None:
    owner = TOPICS[event.topic].owner
    assert event.__module__ == f"contracts.{owner}"
    assert event.topic.startswith(f"{owner}.")


@every_fact
def test_a_fact_never_changes_and_is_written_whole(event: type[Event]) -> None:
    for struct in structs_of(event):
        config = struct.__struct_config__
        assert config.frozen, f"{struct.__name__} can be changed by one listener under the hands of another"
        assert not config.omit_defaults, f"{struct.__name__} leaves out what listeners of before look for"
        assert not config.forbid_unknown_fields, f"{struct.__name__} refuses what will be added to it"
        parameters = inspect.signature(struct).parameters.values()
        assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in parameters), (
            f"{struct.__name__} is made by position: two texts are soon swapped"
        )


@every_fact
def test_a_fact_is_called_by_its_class_with_the_version_of_its_shape(event: type[Event]) -> None:
    words = "-".join(_words_of(event.__name__))
    assert event.type == f"{words}.v1"
    assert not event.__name__.endswith("Event")


def _words_of(name: str) -> list[str]:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).split()


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_is_kept_for_a_time_or_compacted_and_has_the_partitions_that_never_change(name: str) -> None:
    topic = TOPICS[name]
    assert topic.compacted is (topic.retention_days is None)
    assert topic.configs()
    assert topic.partitions in PARTITIONS
    assert name.endswith(".v1")
