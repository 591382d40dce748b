"""Dead letters: what no retry will help is put aside as it came, the rest flows, and a replay repairs it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from chassis.events import dead_letters
from chassis.events.replay import Replayed, ReplayOutcome, replay
from chassis.ids import new_id
from tests.integration.events.depot import Depot, until
from tests.parcels import service as parcels
from tests.parcels.service import SERVICE, TOPIC

REACTING = replace(SERVICE, projections=())


def envelope_with(depot: Depot, **changes: Any) -> bytes:
    """An envelope with some attributes other than they must be; None leaves one out."""
    attributes = msgspec.json.decode(depot.envelope(new_id(), 1)) | changes
    return msgspec.json.encode({name: value for name, value in attributes.items() if value is not None})


def poison(depot: Depot) -> dict[str, bytes | None]:
    """Values of records that no retry will ever help, by what is wrong with them."""
    data = {"parcel": str(new_id()), "road": "a", "stop": 1}
    deep = msgspec.Raw(b"[" * 100_000 + b"]" * 100_000)
    return {
        "no text at all": b"\xff\xfe\x00",
        "an empty value": b"",
        "no value": None,
        "no JSON": b"{",
        "no object": b"[1, 2]",
        "brackets without end": envelope_with(depot, data=deep),
        "brackets without end where nobody looks": envelope_with(depot, data=data | {"unknown": deep}),
        "no type": envelope_with(depot, type=None),
        "another specversion": envelope_with(depot, specversion="0.3"),
        "a version that is no number": envelope_with(depot, aggregateversion="first"),
        "a version below one": envelope_with(depot, aggregateversion=0),
        "a version that no column holds": envelope_with(depot, aggregateversion=2**31),
        "a time without a zone": envelope_with(depot, time="2026-07-01T08:00:00"),
        "data without its road": envelope_with(depot, data={"parcel": str(new_id()), "stop": 1}),
        "data of another type": envelope_with(depot, data=data | {"stop": "first"}),
        "text that is none": envelope_with(depot, data=data | {"road": "the road"}).replace(b"the road", b"\xff"),
        "three million bytes": b"x" * 3_000_000,
        "what its handler calls poison": depot.envelope(new_id(), 1, note="poison"),
    }


def test_poison_is_put_aside_as_it_came_and_the_rest_flows(depot: Depot) -> None:
    expected = poison(depot)
    places: dict[bytes, tuple[int, int]] = {}
    for what, value in expected.items():
        places[what.encode()] = depot.put(value, key=what, traceparent=b"00-01", odd=b"\xff\x00")
        depot.tell(new_id(), 1, road=what)
    with depot.worker(REACTING):
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
        assert letter.reason.startswith(("undecodable: ", "poison: "))


def test_a_fact_that_this_service_does_not_know_is_no_poison(depot: Depot) -> None:
    depot.put(envelope_with(depot, type="parcel-weighed.v1", data={"kilograms": 3}))
    depot.tell(new_id(), 1)
    with depot.worker(REACTING):
        until(lambda: depot.committed() == depot.ends())
    assert depot.arrivals() == 1
    assert depot.letters() == []


@pytest.mark.parametrize("fault", ["missing", "refusing"])
def test_no_offset_passes_poison_before_its_dead_letter_is_acknowledged(
    depot: Depot, impatient: None, fault: str
) -> None:
    dead_letter_topic = depot.catalogue.dead_letter(TOPIC, "parcels")
    if fault == "missing":
        depot.admin.delete_topics([dead_letter_topic])
    else:
        depot.configure(dead_letter_topic, **{"max.message.bytes": "100"})
    depot.put(b"poison")
    with depot.worker(REACTING, ready=False) as worker:
        until(lambda: "reactions" in worker.problems())
        assert depot.committed() == {}
        if fault == "missing":
            depot.catalogue.create(depot.bootstrap, ["parcels"])
        else:
            depot.configure(dead_letter_topic, **{"max.message.bytes": "1000000"})
        until(lambda: depot.committed() == depot.ends())
        until(lambda: not worker.problems(), why=worker.problems)
    assert {letter.value for letter in depot.letters()} == {b"poison"}


def park_letters(depot: Depot, count: int) -> None:
    """That many events on which the reaction failed, so that somebody parked them; now it would not fail any more."""
    parcels.broken_notes.add("bad")
    for _ in range(count):
        depot.tell(new_id(), 1, note="bad")
    with depot.database.begin() as tx:
        for record in depot.records():
            dead_letters.park(tx, TOPIC, record.partition, record.offset, "a fault of ours", "operator:Li")
    with depot.worker(REACTING):
        until(lambda: len(depot.letters()) == count)
        until(lambda: depot.committed() == depot.ends())
    assert depot.arrivals() == 0
    parcels.broken_notes.clear()


def replayed(depot: Depot, *, start: int = 0, limit: int = 100, dry_run: bool = False) -> list[Replayed]:
    return list(
        replay(
            SERVICE.name,
            SERVICE.reactions,
            SERVICE.projections,
            depot.database,
            depot.bootstrap,
            depot.catalogue,
            TOPIC,
            start=start,
            limit=limit,
            dry_run=dry_run,
        )
    )


def test_a_dry_run_tells_what_would_be_replayed_and_does_nothing(depot: Depot) -> None:
    park_letters(depot, 3)
    told = replayed(depot, dry_run=True)
    assert [each.outcome for each in told] == [ReplayOutcome.WOULD_APPLY] * 3
    assert [each.detail for each in told] == ["parcel-moved.v1"] * 3
    assert depot.arrivals() == depot.count("inbox") == depot.count("board") == 0


def test_a_replay_is_bounded_and_may_be_repeated(depot: Depot) -> None:
    park_letters(depot, 5)
    assert [each.outcome for each in replayed(depot, start=1, limit=2)] == [ReplayOutcome.APPLIED] * 2
    assert depot.arrivals() == 2
    assert len(replayed(depot)) == 5
    assert len(replayed(depot)) == 5
    assert depot.arrivals() == depot.count("board") == 5
    assert replayed(depot, start=5) == []
    # The letters stay where they are.
    assert len(depot.letters()) == 5


def test_a_replay_runs_the_handlers_of_this_service_and_tells_nobody_else(depot: Depot) -> None:
    park_letters(depot, 3)
    before = len(depot.records())
    replayed(depot)
    with depot.relays():
        until(lambda: depot.unpublished() == 0)
    assert len(depot.records()) == before


def test_a_replay_reports_what_still_fails_and_repairs_the_rest(depot: Depot) -> None:
    park_letters(depot, 2)
    depot.tell(new_id(), 1, note="poison")
    depot.put(b"undecodable")
    with depot.worker(REACTING):
        until(lambda: len(depot.letters()) == 4)
    told = {each.letter.reason.partition(":")[0]: each for each in replayed(depot)}
    assert told["parked"].outcome is ReplayOutcome.APPLIED
    assert told["poison"].outcome is ReplayOutcome.STILL_FAILING
    assert "PoisonEvent" in told["poison"].detail
    assert told["undecodable"].outcome is ReplayOutcome.STILL_FAILING
    assert depot.arrivals() == 2


def test_what_a_newer_version_has_overtaken_is_not_brought_back_by_a_replay(depot: Depot) -> None:
    parcels.broken_notes.add("bad")
    parcel = new_id()
    with depot.worker():
        depot.tell(parcel, 1, note="bad")
        with depot.database.begin() as tx:
            (record,) = depot.records()
            dead_letters.park(tx, TOPIC, record.partition, record.offset, "a fault of ours", "operator:Li")
        depot.tell(parcel, 2)
        until(lambda: depot.board() == [(parcel, 2, 2)])
        until(lambda: depot.arrivals() == 1)
    parcels.broken_notes.clear()
    replayed(depot)
    assert depot.board() == [(parcel, 2, 2)]
    assert [row.version for row in depot.rows("SELECT version FROM arrivals ORDER BY sequence")] == [2, 1]


def test_letters_of_a_topic_nobody_ever_failed_on_are_none(depot: Depot) -> None:
    assert depot.letters() == []
    assert replayed(depot) == []
