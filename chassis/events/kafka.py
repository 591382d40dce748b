"""Producers and consumers of kafka-python 3, with workarounds for its defects.

Each setting that prevents a measured failure has a comment; tests/integration/events shows each defect with a real
broker.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaTimeoutError
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket
from kafka.net.transport import KafkaSSLTransport

from chassis.broker import Broker

POLL_MS = 500
"""A shorter poll can time out in the middle of a rejoin; below 200 ms the rejoin may be forgotten."""

FIND_BROKER_MS = 5_000
"""How long a new client tries to reach its broker."""

_RECORDS = {"allow_auto_create_topics": False, "metrics_enabled": False}

ADMIN_REQUEST_MS = 20_000
"""How long a change of topics, users or rights may take."""

# It warns for each connection without TLS of a password in clear. SCRAM sends none.
logging.getLogger("kafka.net.sasl.scram").setLevel(logging.ERROR)


def producer(broker: Broker, client: str, *, largest: int = 1024 * 1024, topic_wait_ms: int = 5_000) -> KafkaProducer:
    """A producer that reports a record as sent when every in-sync replica has it, once and in order.

    `largest` is the maximum of bytes of a record before compression, `topic_wait_ms` how long a send waits for an
    unknown topic.
    """
    return _opened(
        KafkaProducer,
        broker,
        client_id=client,
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        max_request_size=largest,
        linger_ms=2,
        batch_size=256 * 1024,
        max_block_ms=topic_wait_ms,
        request_timeout_ms=5_000,
        # Longer than every wait: when one batch alone times out, later batches overtake it.
        delivery_timeout_ms=60_000,
        **_RECORDS,
    )


def abandon(made: KafkaProducer, _: object = None) -> None:
    """Stop a producer immediately; records that the broker has not acknowledged count as failed.

    Its own `close` first waits for every record; where one is not delivered in time it raises and leaves the thread
    running. As the `errback` of a record, `abandon` prevents the delivery of all later records.
    """
    made._sender.force_close()
    if threading.current_thread() is not made._sender:
        made._sender.join(timeout=1)
        with suppress(KafkaTimeoutError):
            made.close(timeout=0)
        made._closed = True


def consumer(broker: Broker, group: str | None, instance: str, topics: Sequence[str] = ()) -> KafkaConsumer:
    """A consumer that commits only explicitly and starts at the beginning of a topic that it has never read.

    With a group it is a static member, so that a restarted process takes over its partitions in a third of a second. A
    dynamic member waits until the session of its predecessor ends.
    """
    membership = {} if group is None else {"group_id": group, "group_instance_id": f"{group}.{instance}"}
    made = _opened(
        KafkaConsumer,
        broker,
        client_id=instance,
        **membership,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=6_000,
        heartbeat_interval_ms=500,
        # Every poll drains the fetched records: records left behind in a paused partition are never delivered.
        max_poll_records=1_000_000,
        max_partition_fetch_bytes=512 * 1024,
        fetch_max_bytes=4 * 1024 * 1024,
        fetch_max_wait_ms=500,
        **_RECORDS,
    )
    if group is not None:
        _remember_rejoins(made)
    if topics:
        # Metadata that arrives during the first join counts as a change of it and starts a second one.
        for topic in topics:
            made.partitions_for_topic(topic)
        made.subscribe(topics=list(topics))
    return made


def admin(broker: Broker) -> KafkaAdminClient:
    """A client that changes topics, users and rights."""
    made: KafkaAdminClient = _opened(KafkaAdminClient, broker, request_timeout_ms=ADMIN_REQUEST_MS)
    return made


def lags(consumer: KafkaConsumer) -> dict[TopicPartition, int]:
    """The records behind the position of each assigned partition that was fetched from, as of its last fetch.

    Read from what the client stores. `KafkaConsumer.position` asks the broker where a position is not known yet.
    """
    return {
        tp: max(0, state.highwater - state.position.offset)
        for tp, state in list(consumer._subscription.assignment.items())
        if state.highwater is not None and state.position is not None
    }


def committed(consumer: KafkaConsumer, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """The committed offsets of the consumer's group, in one request; without partitions that have none.

    `KafkaConsumer.committed` needs a request for each partition.
    """
    found = consumer._coordinator.fetch_committed_offsets(list(partitions))
    return {tp: found[tp].offset for tp in partitions if tp in found}


def session(broker: Broker) -> dict[str, Any]:
    """Where every client connects, and as which user."""
    return {
        "bootstrap_servers": broker.servers.split(","),
        "security_protocol": "SASL_PLAINTEXT" if broker.ca_file is None else "SASL_SSL",
        # Certificate and host name are checked; a missing file is an error here, not at each connection.
        "ssl_context": None if broker.ca_file is None else ssl.create_default_context(cafile=broker.ca_file),
        "sasl_mechanism": broker.mechanism,
        "sasl_plain_username": broker.user,
        "sasl_plain_password": broker.read_password(),
        # With the default of 30 s a client reconnects up to 14 s after the broker is back.
        "reconnect_backoff_max_ms": 1_000,
        "bootstrap_timeout_ms": FIND_BROKER_MS,
    }


def _opened(kind: Callable[..., Any], broker: Broker, **settings: Any) -> Any:
    """A client. One that does not reach its broker is closed: otherwise it would leak a thread and open files."""
    networks: list[Any] = []

    def network(**config: Any) -> Any:
        networks.append(KafkaNetClient(**config))
        return networks[-1]

    try:
        return kind(kafka_client=network, **session(broker), **settings)
    except BaseException:
        for each in networks:
            each.close()
        raise


def _remember_rejoins(made: KafkaConsumer) -> None:
    """Keep `need_rejoin` true during a rejoin.

    A poll that times out in a rejoin leaves its task in flight for the next poll to await. Where changed metadata
    caused the rejoin, its preparation has already cleared the cause: the next poll sees no need to rejoin, and the
    member never fetches again (26 of 60 runs).
    """
    coordinator = made._coordinator
    needed = coordinator.need_rejoin
    coordinator.need_rejoin = lambda: needed() or coordinator.rejoining


def _close_failed_connections() -> None:
    """Close the socket of each failed attempt to connect, or to agree on TLS.

    The client leaves it to the garbage collector: while a broker is unreachable a process opens two more sockets every
    second and soon reaches its limit of open files.
    """
    connect = KafkaNetSocket.sock_connect

    async def connect_or_close(self: Any, net: Any, sock: Any, address: Any, timeout_at: float | None = None) -> Any:
        try:
            return await connect(self, net, sock, address, timeout_at=timeout_at)
        except BaseException:
            sock.close()
            raise

    handshake = KafkaSSLTransport.handshake

    async def handshake_or_close(self: Any) -> None:
        try:
            await handshake(self)
        except BaseException:
            self._sock.close()
            raise

    KafkaNetSocket.sock_connect = connect_or_close
    KafkaSSLTransport.handshake = handshake_or_close


_close_failed_connections()
