"""A correlation is one trace, from its first request or act to every event that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import msgspec
import sqlalchemy as sa
from opentelemetry.trace import SpanKind, StatusCode

from chassis.aggregate import Cause
from chassis.database import Tx
from chassis.events.envelope import Message
from chassis.ids import new_id
from chassis.sweeper import Chore, Slice
from tests.integration.events.depot import Depot, until
from tests.parcels import service as parcels
from tests.parcels.service import ParcelMoved
from tests.parts.spans import Spans, linked_traces, trace_of, traceparent_of

CALLERS = [f"00-{number:032x}-{number:016x}-01" for number in range(1, 4)]
TRACES = [each.split("-")[1] for each in CALLERS]


def send(depot: Depot, cause: Cause, road: str = "north") -> None:
    """Send a parcel, as a request with this cause does."""
    with depot.database.begin(cause) as tx:
        parcels.send_parcels(tx, [road])


def stored(depot: Depot) -> list[str | None]:
    """The traceparents in the outbox, in order of position."""
    rows = depot.rows("SELECT payload FROM outbox ORDER BY position")
    return [msgspec.json.decode(row.payload).get("traceparent") for row in rows]


def test_an_event_continues_the_trace_of_its_cause_and_names_its_own_span(depot: Depot, spans: Spans) -> None:
    send(depot, Cause("a story", "a request", CALLERS[0]))
    created = spans.one("create parcel-moved.v1")
    assert trace_of(created) == TRACES[0]
    assert created.kind is SpanKind.PRODUCER
    assert created.attributes is not None
    assert created.attributes["anning.correlation_id"] == "a story"
    assert stored(depot) == [traceparent_of(created)]


def test_an_event_without_a_traced_cause_starts_a_trace(depot: Depot, spans: Spans) -> None:
    send(depot, Cause.beginning("an act"))
    created = spans.one("create parcel-moved.v1")
    assert created.parent is None
    assert stored(depot) == [traceparent_of(created)]


def test_without_an_exporter_an_event_carries_the_traceparent_of_its_cause(depot: Depot) -> None:
    send(depot, Cause("a story", "a request", CALLERS[0]))
    send(depot, Cause.beginning("an act"))
    assert stored(depot) == [CALLERS[0], None]


def test_a_chain_of_events_is_one_trace_and_batches_are_linked_to_it(depot: Depot, spans: Spans) -> None:
    def forward(tx: Tx, messages: Sequence[Message[ParcelMoved]]) -> None:
        for message in messages:
            if message.event.road != "onward":
                onward = parcels.Parcel(id=new_id(), road="onward")
                onward.move(message.caused())
                parcels.save_new(tx, [onward])

    for caller in CALLERS:
        send(depot, Cause("a story", "a request", caller))
    with depot.relays(), depot.consuming("forwarding", {ParcelMoved: forward}):
        until(lambda: depot.count("inbox") == 6)

    created = spans.named("create parcel-moved.v1")
    for trace in TRACES:
        first, second = [each for each in created if trace_of(each) == trace]
        assert second.parent is not None
        assert second.parent.span_id == first.context.span_id
    received = spans.named(f"process {depot.prefix}forwarding")
    assert {trace for each in received for trace in linked_traces(each)} == set(TRACES)
    # Each event that a batch publishes names the batch.
    batches = {trace_of(each) for each in received}
    assert batches.isdisjoint(TRACES)
    assert {trace for each in created[3:] for trace in linked_traces(each)} <= batches
    assert all(each.links for each in created[3:])
    assert {trace for each in spans.named("send") for trace in linked_traces(each)} == set(TRACES)


def test_a_failed_batch_is_a_failed_span_without_the_error_message(
    depot: Depot, spans: Spans, fast_retries: None
) -> None:
    parcels.broken_notes.add("13800138000")
    with depot.relays(), depot.consuming("failing"):
        depot.send(["north"], "13800138000")
        until(lambda: spans.named(f"process {depot.prefix}failing"))
    failed = spans.named(f"process {depot.prefix}failing")[0]
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.attributes is not None
    assert failed.attributes["error.type"] == "RuntimeError"
    assert "13800138000" not in spans.text()


def test_a_sweep_continues_the_traces_of_its_rows(depot: Depot, spans: Spans) -> None:
    stories = dict(zip([new_id() for _ in CALLERS], CALLERS, strict=True))

    def move(tx: Tx, piece: Slice) -> int:
        due = tx.execute(sa.select(parcels.PARCELS).where(parcels.PARCELS.c.version == 0).with_for_update()).all()
        moved = [parcels.Parcel(id=row.id, road=row.road) for row in due]
        for each in moved:
            each.move(Cause.beginning(each.id, stories[each.id]))
            tx.execute(parcels.PARCELS.update().where(parcels.PARCELS.c.id == each.id).values(version=1, stop=1))
        tx.publish(moved)
        return len(moved)

    sweep = Chore(name="move", run=move, every=timedelta(milliseconds=50))
    with depot.database.begin() as tx:
        tx.copy("parcels", ("id", "road", "stop", "version"), [(each, "north", 0, 0) for each in stories])
    with depot.worker(replace(parcels.SERVICE, sweeps=(sweep,))):
        until(lambda: depot.count("outbox") == 3)
        until(lambda: spans.named("sweep move"))

    created = spans.named("create parcel-moved.v1")
    assert {trace_of(each) for each in created} == set(TRACES)
    # Slices that found nothing are not exported.
    swept = spans.one("sweep move")
    assert swept.attributes == {"anning.items": 3}
    assert {trace for each in created for trace in linked_traces(each)} == {trace_of(swept)}
