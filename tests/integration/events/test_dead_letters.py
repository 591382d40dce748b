"""Dead letters: a poison record is set aside unchanged, the others are processed, and a replay applies it later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from prometheus_client import REGISTRY

from chassis.events.replay import Replayed, ReplayOutcome, replay
from chassis.ids import new_id
from tests.integration.events.depot import Depot, until
from tests.parcels import service as parcels
from tests.parcels.service import SERVICE, TOPIC, ParcelMoved

REACTIONS_ONLY = replace(SERVICE, projections=())


def envelope_with(depot: Depot, **changes: Any) -> bytes:
    """An envelope with some attributes replaced; None removes one."""
    attributes = msgspec.json.decode(depot.envelope(new_id(), 1)) | changes
    return msgspec.json.encode({name: value for name, value in attributes.items() if value is not None})


def poison(depot: Depot) -> dict[str, bytes | None]:
    """Values of poison records, by what is wrong with them."""
    data = {"parcel": str(new_id()), "road": "a", "stop": 1}
    deep = msgspec.Raw(b"[" * 100_000 + b"]" * 100_000)
    return {
        "not text": b"\xff\xfe\x00",
        "an empty value": b"",
        "no value": None,
        "not JSON": b"{",
        "not an object": b"[1, 2]",
        "data nested too deeply": envelope_with(depot, data=deep),
        "an unknown field nested too deeply": envelope_with(depot, data=data | {"unknown": deep}),
        "no type": envelope_with(depot, type=None),
        "another specversion": envelope_with(depot, specversion="0.3"),
        "a version that is not a number": envelope_with(depot, aggregateversion="first"),
        "a version below one": envelope_with(depot, aggregateversion=0),
        "a version above the maximum": envelope_with(depot, aggregateversion=2**31),
        "a time without a zone": envelope_with(depot, time="2026-07-01T08:00:00"),
        "data without a road": envelope_with(depot, data={"parcel": str(new_id()), "stop": 1}),
        "data of a wrong type": envelope_with(depot, data=data | {"stop": "first"}),
        "a text that is not UTF-8": envelope_with(depot, data=data | {"road": "the road"}).replace(
            b"the road", b"\xff"
        ),
        "three million bytes": b"x" * 3_000_000,
    }


def test_poison_records_are_set_aside_unchanged_and_the_others_are_processed(depot: Depot) -> None:
    expected = poison(depot)
    places: dict[bytes, tuple[int, int]] = {}
    for what, value in expected.items():
        places[what.encode()] = depot.put(value, key=what, traceparent=b"00-01", odd=b"\xff\x00")
        depot.publish(new_id(), 1, road=what)
    with depot.worker(REACTIONS_ONLY):
        until(lambda: depot.committed() == depot.ends())
    assert depot.arrivals() == depot.count("inbox") == len(expected)
    letters = {letter.key: letter for letter in depot.letters()}
    assert {key: letter.value for key, letter in letters.items()} == {
        what.encode(): value for what, value in expected.items()
    }
    for key, letter in letters.items():
        assert key is not None
        assert letter.headers == [("traceparent", b"00-01"), ("odd", b"\xff\x00")]
        assert (letter.topic, (letter.partition, letter.original_offset)) == (TOPIC, places[key])
        assert letter.reason.startswith("undecodable: ")


def test_an_event_type_without_a_handler_is_not_poison(depot: Depot) -> None:
    depot.put(envelope_with(depot, type="parcel-weighed.v1", data={"kilograms": 3}))
    depot.publish(new_id(), 1)
    with depot.worker(REACTIONS_ONLY):
        until(lambda: depot.committed() == depot.ends())
    assert depot.arrivals() == 1
    assert depot.letters() == []


@pytest.mark.parametrize("fault", ["missing", "refusing"])
def test_the_offset_of_a_poison_record_is_committed_after_its_dead_letter_is_acknowledged(
    depot: Depot, fast_retries: None, fault: str
) -> None:
    dead_letter_topic = depot.catalogue.dead_letter(TOPIC, "parcels")
    if fault == "missing":
        depot.admin.delete_topics([dead_letter_topic])
    else:
        depot.configure(dead_letter_topic, **{"max.message.bytes": "100"})
    depot.put(b"poison")
    with depot.worker(REACTIONS_ONLY, ready=False) as worker:
        until(lambda: "reactions" in worker.problems())
        assert depot.committed() == {}
        if fault == "missing":
            depot.catalogue.create(depot.broker, ["parcels"])
        else:
            depot.configure(dead_letter_topic, **{"max.message.bytes": "1000000"})
        until(lambda: depot.committed() == depot.ends())
        until(lambda: not worker.problems(), why=worker.problems)
    assert {letter.value for letter in depot.letters()} == {b"poison"}


class WeighedParcelMoved(ParcelMoved, frozen=True, kw_only=True):
    """The event as a release expects it that is not compatible with the publisher: a wrong deployment."""

    weight: int


WRONG_DEPLOYMENT = replace(REACTIONS_ONLY, reactions={WeighedParcelMoved: parcels.count_arrivals})


def make_letters(depot: Depot, count: int) -> None:
    """Publish events that a wrong deployment cannot decode: they become dead letters."""
    for _ in range(count):
        depot.publish(new_id(), 1)
    with depot.worker(WRONG_DEPLOYMENT):
        until(lambda: len(depot.letters()) == count)
        until(lambda: depot.committed() == depot.ends())
    assert depot.arrivals() == 0


def replayed(depot: Depot, *, start: int = 0, limit: int = 100, dry_run: bool = False) -> list[Replayed]:
    return list(
        replay(
            SERVICE.name,
            SERVICE.reactions,
            SERVICE.projections,
            depot.database,
            depot.broker,
            depot.catalogue,
            TOPIC,
            start=start,
            limit=limit,
            dry_run=dry_run,
        )
    )


def test_a_dry_run_reports_what_would_be_replayed_and_changes_nothing(depot: Depot) -> None:
    make_letters(depot, 3)
    reported = replayed(depot, dry_run=True)
    assert [each.outcome for each in reported] == [ReplayOutcome.WOULD_APPLY] * 3
    assert [each.detail for each in reported] == ["parcel-moved.v1"] * 3
    assert depot.arrivals() == depot.count("inbox") == depot.count("board") == 0


def test_a_replay_is_limited_and_can_be_repeated(depot: Depot) -> None:
    make_letters(depot, 5)
    assert [each.outcome for each in replayed(depot, start=1, limit=2)] == [ReplayOutcome.APPLIED] * 2
    assert depot.arrivals() == 2
    assert len(replayed(depot)) == 5
    assert len(replayed(depot)) == 5
    assert depot.arrivals() == depot.count("board") == 5
    assert replayed(depot, start=5) == []
    # The dead letters are kept.
    assert len(depot.letters()) == 5


def test_a_replay_runs_the_handlers_of_this_service_only(depot: Depot) -> None:
    make_letters(depot, 3)
    before = len(depot.records())
    replayed(depot)
    with depot.relays():
        until(lambda: depot.unpublished() == 0)
    assert len(depot.records()) == before


def test_a_replay_reports_letters_that_still_fail_and_applies_the_others(depot: Depot) -> None:
    for note in ("good", "bad", "good"):
        depot.publish(new_id(), 1, note=note)
    depot.put(b"undecodable")
    with depot.worker(WRONG_DEPLOYMENT):
        until(lambda: len(depot.letters()) == 4)
    parcels.broken_notes.add("bad")
    reports = replayed(depot)
    still = ReplayOutcome.STILL_FAILING
    assert [each.outcome for each in reports] == [ReplayOutcome.APPLIED, still, ReplayOutcome.APPLIED, still]
    assert "RuntimeError" in reports[1].detail
    assert "undecodable" in reports[3].detail
    assert depot.arrivals() == 2


def test_a_replay_does_not_overwrite_a_newer_version_in_a_projection(depot: Depot) -> None:
    parcel = new_id()
    depot.publish(parcel, 1)
    board = replace(parcels.BOARD_PROJECTION, handlers={WeighedParcelMoved: parcels.update_board})
    with depot.worker(replace(SERVICE, reactions={}, projections=(board,))):
        until(lambda: len(depot.letters()) == 1)
    depot.publish(parcel, 2)
    with depot.worker():
        until(lambda: depot.board() == [(parcel, 2, 2)])
    replayed(depot)
    assert depot.board() == [(parcel, 2, 2)]


def test_the_metrics_of_a_group_start_at_zero(depot: Depot) -> None:
    with depot.consuming("quiet"):
        for name in ("consumed_events_total", "dead_letters_total", "blocked_partitions", "quarantined_events"):
            assert REGISTRY.get_sample_value(f"anning_{name}", {"group": f"{depot.prefix}quiet"}) == 0, name


def test_a_topic_without_failures_has_no_dead_letters(depot: Depot) -> None:
    assert depot.letters() == []
    assert replayed(depot) == []
