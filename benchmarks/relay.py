"""`relay`: from the outbox to Kafka, compared with a minimal loop without its guarantees."""

from __future__ import annotations

import threading

import psycopg

from benchmarks.meters import EVENTS, TOPIC, Meters, meters
from benchmarks.results import Result, rates
from benchmarks.testbed import Testbed
from chassis.buckets import ALL
from chassis.events import kafka as clients
from chassis.events.relay import Relay


def measure(testbed: Testbed) -> list[Result]:
    """Events per second; the floor is select–produce–mark with kafka-python and crc32c."""
    with meters(testbed, "relay") as source:
        return _measure(source)


def _measure(source: Meters) -> list[Result]:
    relay = Relay(source.database, source.broker, source.catalogue, stop=threading.Event(), waiter=threading.Event())
    producer = clients.producer(source.broker, "floor")
    connection = psycopg.connect(source.database.conninfo)

    def measured() -> None:
        while relay.publish(ALL):
            pass

    def baseline() -> None:
        name = source.catalogue.physical(TOPIC)
        headers = [("content-type", b"application/cloudevents+json; charset=utf-8")]
        while True:
            rows = connection.execute(
                "SELECT position, key, payload FROM outbox WHERE published_at IS NULL ORDER BY position LIMIT 2000"
            ).fetchall()
            if not rows:
                return
            for _, key, payload in rows:
                producer.send(name, payload, key.encode(), headers)
            producer.flush()
            connection.execute(
                "UPDATE outbox SET published_at = now() WHERE position = ANY(%s)", ([row[0] for row in rows],)
            )
            connection.commit()

    value, floor = rates(measured, baseline, EVENTS, prepare=source.fill)
    connection.close()
    producer.close()
    return [Result.against("relay", value, "events/s", floor)]
