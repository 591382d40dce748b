"""Producers and consumers as this system uses kafka-python 3, with its traps disarmed.

Each setting that answers a measured failure says so; the tests in tests/integration/events show each trap against
a real broker.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaTimeoutError
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket

POLL_MS = 500
"""A shorter poll can time out in the middle of a rejoin; below 200 ms the rejoin may be forgotten."""

FIND_BROKER_MS = 5_000
"""How long a new client looks for its broker."""

_CONNECTION = {
    # The default of 30 s lets a client sleep on for 14 s after the broker is back.
    "reconnect_backoff_max_ms": 1_000,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}


def producer(bootstrap: str, client: str, *, largest: int = 1024 * 1024, topic_wait_ms: int = 5_000) -> KafkaProducer:
    """A producer that reports a record sent only when every in-sync replica has it, once and in order.

    `largest` is how many bytes a record may have before it is compressed, `topic_wait_ms` how long a send waits for a
    topic that is not known yet.
    """
    return _opened(
        KafkaProducer,
        bootstrap_servers=bootstrap.split(","),
        client_id=client,
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        max_request_size=largest,
        linger_ms=2,
        batch_size=256 * 1024,
        max_block_ms=topic_wait_ms,
        request_timeout_ms=5_000,
        # Longer than anybody waits: a batch given up alone would let those behind it overtake.
        delivery_timeout_ms=60_000,
        bootstrap_timeout_ms=FIND_BROKER_MS,
        **_CONNECTION,
    )


def abandon(made: KafkaProducer, _: object = None) -> None:
    """Stop a producer at once; what the broker has not acknowledged counts as failed.

    Its own `close` waits for every record first and, where one is not delivered in time, raises and leaves the thread
    at work. As the `errback` of a record it keeps back everything behind that record.
    """
    made._sender.force_close()
    if threading.current_thread() is not made._sender:
        made._sender.join(timeout=1)
        with suppress(KafkaTimeoutError):
            made.close(timeout=0)
        made._closed = True


def consumer(bootstrap: str, group: str | None, instance: str, topics: Sequence[str] = ()) -> KafkaConsumer:
    """A consumer that commits only what it is told to, from the beginning of a topic it never read.

    With a group it is a static member, so that a restart takes its partitions over in a third of a second where a
    dynamic one waits for the session of its predecessor to end.
    """
    membership = {} if group is None else {"group_id": group, "group_instance_id": f"{group}.{instance}"}
    made = _opened(
        KafkaConsumer,
        bootstrap_servers=bootstrap.split(","),
        client_id=instance,
        **membership,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=6_000,
        heartbeat_interval_ms=500,
        # Every poll drains what was fetched: records left behind when a partition is paused never wake again.
        max_poll_records=1_000_000,
        max_partition_fetch_bytes=512 * 1024,
        fetch_max_bytes=4 * 1024 * 1024,
        fetch_max_wait_ms=200,
        bootstrap_timeout_ms=FIND_BROKER_MS,
        **_CONNECTION,
    )
    if group is not None:
        _remember_rejoins(made)
    if topics:
        # Metadata that arrives during the first join counts as a change of it and starts a second one.
        for topic in topics:
            made.partitions_for_topic(topic)
        made.subscribe(topics=list(topics))
    return made


def _opened(kind: Callable[..., Any], **settings: Any) -> Any:
    """A client, or nothing left of it: one that does not find its broker would leave a thread and open files behind."""
    networks: list[Any] = []

    def network(**config: Any) -> Any:
        networks.append(KafkaNetClient(**config))
        return networks[-1]

    try:
        return kind(kafka_client=network, **settings)
    except BaseException:
        for each in networks:
            each.close()
        raise


def _remember_rejoins(made: KafkaConsumer) -> None:
    """Keep `need_rejoin` true while a rejoin is under way.

    A poll that times out in a rejoin leaves its task in flight for the next poll to await; but when the rejoin came
    from changed metadata, preparing it already cleared its reason, the next poll sees no need, and the member
    fetches nothing for good (26 of 60 runs).
    """
    coordinator = made._coordinator
    asked = coordinator.need_rejoin
    coordinator.need_rejoin = lambda: asked() or coordinator.rejoining


def _close_what_was_refused() -> None:
    """Close the socket of each attempt to connect that failed.

    The client leaves it to the garbage collector: while a broker is away a process opens two more every second, and
    one that makes a new client for each attempt soon has as many open files as it may.
    """
    connect = KafkaNetSocket.sock_connect

    async def connect_or_close(self: Any, net: Any, sock: Any, address: Any, timeout_at: float | None = None) -> Any:
        try:
            return await connect(self, net, sock, address, timeout_at=timeout_at)
        except BaseException:
            sock.close()
            raise

    KafkaNetSocket.sock_connect = connect_or_close


_close_what_was_refused()
