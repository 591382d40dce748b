"""Published facts: every class is in the catalogue of topics, and every type of the catalogue has a class."""

from __future__ import annotations

import inspect
import pkgutil
import re
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
    """Every module of the published language, in the catalogue or not."""
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


def test_the_classes_of_facts_and_the_catalogue_of_topics_agree() -> None:
    listed = {event: topic for topic, entry in TOPICS.items() for event in entry.events}
    assert {name: event.topic for name, event in EVENTS.items()} == listed


def test_no_fact_is_on_two_topics() -> None:
    listed = [event for entry in TOPICS.values() for event in entry.events]
    assert len(listed) == len(set(listed))


def test_the_catalogue_of_facts_is_complete() -> None:
    assert published_by(modules()) == EVENTS


@every_fact
def test_a_fact_is_defined_by_the_service_that_owns_its_topic(event: type[Event]) -> None:
    owner = TOPICS[event.topic].owner
    assert event.__module__ == f"contracts.{owner}"
    assert event.topic.startswith(f"{owner}.")


@every_fact
def test_a_fact_is_immutable_and_encoded_with_all_its_fields(event: type[Event]) -> None:
    for struct in structs_of(event):
        config = struct.__struct_config__
        assert config.frozen, f"{struct.__name__} can be changed by one consumer while another reads it"
        assert not config.omit_defaults, f"{struct.__name__} omits fields that older consumers read"
        assert not config.forbid_unknown_fields, f"{struct.__name__} refuses fields of later releases"
        parameters = inspect.signature(struct).parameters.values()
        assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in parameters), (
            f"{struct.__name__} takes positional arguments: two strings are easily swapped"
        )


@every_fact
def test_the_type_of_a_fact_is_the_name_of_its_class_with_a_version(event: type[Event]) -> None:
    """A class of an earlier version ends with that version; the newest one has the name alone."""
    named = re.fullmatch(r"(.*?)(?:V(\d+))?", event.__name__)
    assert named is not None
    words, earlier = "-".join(_words_of(named[1])), named[2]
    versions = [int(each.removeprefix(f"{words}.v")) for each in EVENTS if each.startswith(f"{words}.v")]
    assert event.type == f"{words}.v{earlier or max(versions)}"
    assert not event.__name__.endswith("Event")


def _words_of(name: str) -> list[str]:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).split()


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_has_a_retention_or_is_compacted_and_has_an_allowed_count_of_partitions(name: str) -> None:
    topic = TOPICS[name]
    assert topic.compacted is (topic.retention_days is None)
    assert topic.configs()
    assert topic.partitions in PARTITIONS
    assert name.endswith(".v1")
