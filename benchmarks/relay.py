"""`relay`: from the outbox to Kafka, beside a loop written by hand that does the same work without its care."""

from __future__ import annotations

import threading

import psycopg

from benchmarks.meters import EVENTS, TOPIC, Meters, meters
from benchmarks.results import Result, rates
from benchmarks.stage import Stage
from chassis.buckets import ALL
from chassis.events import kafka as clients
from chassis.events.relay import Relay


def measure(stage: Stage) -> list[Result]:
    """Events per second; the floor is select–produce–mark with kafka-python and crc32c."""
    with meters(stage, "relay") as made:
        return _relay(made)


def _relay(made: Meters) -> list[Result]:
    relay = Relay(made.database, made.bootstrap, made.catalogue, stop=threading.Event(), waiter=threading.Event())
    producer = clients.producer(made.bootstrap, "floor")
    connection = psycopg.connect(made.database.conninfo)

    def ours() -> None:
        while relay.publish(ALL):
            pass

    def by_hand() -> None:
        name = made.catalogue.physical(TOPIC)
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

    value, floor = rates(ours, by_hand, EVENTS, prepare=made.fill)
    connection.close()
    producer.close()
    return [Result.against("relay", value, "events/s", floor)]
