"""The catalogue of topics: names with a prefix, and settings for the broker."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from chassis.events.topics import Catalogue, Topic

TOPIC = Topic(owner="ports", consumers=("complaints",), key="port", partitions=6, events=(), retention_days=30)
FILE = """
topics:
  ports.orders.v1:
    owner: ports
    consumers: [sandbox]
    key: carrier:number
    partitions: 6
    retention_days: 30
    events: [shutdown-ordered.v1]
"""


def catalogue_of(tmp_path: Path, text: str, prefix: str = "") -> Catalogue:
    file = tmp_path / "topics.yaml"
    file.write_text(text)
    return Catalogue.load(file, prefix)


def test_a_catalogue_is_read_from_its_file(tmp_path: Path) -> None:
    topic = catalogue_of(tmp_path, FILE).topics["ports.orders.v1"]
    assert (topic.owner, topic.partitions, topic.events) == ("ports", 6, ("shutdown-ordered.v1",))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("partitions: 6", "partitions: six"), ("    owner: ports\n", ""), ("retention_days", "retention_weeks")],
)
def test_an_invalid_catalogue_is_refused(tmp_path: Path, right: str, wrong: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        catalogue_of(tmp_path, FILE.replace(right, wrong))


def test_physical_topic_names_have_the_prefix_of_the_deployment() -> None:
    catalogue = Catalogue({"ports.ports.v1": TOPIC}, "staging.")
    assert catalogue.physical("ports.ports.v1") == "staging.ports.ports.v1"
    assert catalogue.logical("staging.ports.ports.v1") == "ports.ports.v1"
    assert catalogue.dead_letter("ports.ports.v1", "complaints") == "staging.ports.ports.v1.complaints.dlq"


def test_a_topic_has_a_retention_or_is_compacted() -> None:
    assert TOPIC.configs() == {"cleanup.policy": "delete", "retention.ms": "2592000000"}
    assert msgspec.structs.replace(TOPIC, compacted=True).configs() == {"cleanup.policy": "compact"}


def test_a_topic_with_neither_retention_nor_compaction_is_refused() -> None:
    with pytest.raises(ValueError, match="needs retention_days"):
        msgspec.structs.replace(TOPIC, retention_days=None).configs()
