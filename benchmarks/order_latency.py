"""`order_latency_p50_ms`, `order_latency_p99_ms`: the time from the complaint that completes a window until its order
can be read over REST, in an idle system."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from functools import partial
from statistics import quantiles
from typing import Any

import httpx2
import psycopg
from kafka import KafkaConsumer

from benchmarks import load
from benchmarks.results import Result
from benchmarks.testbed import STAFF, Testbed
from chassis import clock
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue, Topic
from sandbox import scenario

ROUNDS = 60
BEFORE = 4
"""Complaints about a number before the completing one: one below the threshold of the rule shutdown.commercial."""
TOPIC = "floor.latency.v1"


def measure(testbed: Testbed) -> list[Result]:
    """Milliseconds from the response 201 until the order is read; API and worker are separate processes. The floor does
    the minimum work in between: insert, produce, poll, insert, read."""
    numbers = _filed_ports(testbed)
    with testbed.sandbox_paused():
        measured = _timed(testbed, numbers)
        floor = _baseline(testbed, numbers[0])
    testbed.settle()
    return [
        Result.against(
            f"order_latency_p{percent}_ms", _percentile(measured, percent), "ms", _percentile(floor, percent)
        )
        for percent in (50, 99)
    ]


def _timed(testbed: Testbed, numbers: list[str]) -> list[float]:
    taken = []
    with (
        testbed.client("complaints", "channel:app") as app,
        testbed.client("complaints", "channel:sms") as sms,
        testbed.client("ports", STAFF) as ports,
    ):
        for number in numbers:
            for _ in range(BEFORE):
                _complain(app, "app", number)
        testbed.settle()
        for number in numbers:
            _complain(sms, "sms", number)
            answered = time.monotonic()
            testbed.wait_until(partial(_orders_of, ports, number), pause=0.001)
            taken.append((time.monotonic() - answered) * 1_000)
    return taken


def _complain(client: httpx2.Client, channel: str, number: str) -> None:
    client.post("/complaints", json=load.complaint(number, channel)).raise_for_status()


def _orders_of(ports: httpx2.Client, number: str) -> list[Any]:
    found: list[Any] = ports.get("/orders", params={"number": number}).raise_for_status().json()["items"]
    return found


def _percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _filed_ports(testbed: Testbed) -> list[str]:
    """New ports with the signature of the complaints, received by all services."""
    numbers = [f"10690789{number:04d}" for number in range(ROUNDS)]
    enterprise = scenario.generate(clock.now()).filings[0]
    rows = [
        asdict(replace(enterprise, number=number, carrier="CMCC", province="", signature=load.SIGNATURE))
        for number in numbers
    ]
    file = testbed.directory / "latency.csv"
    load.write_ports(file, rows)
    register = testbed.upload("ports", "/filing-imports", file, "text/csv", "carrier:CMCC")
    testbed.settle()
    filed = testbed.imported("ports", register)
    if filed is None or filed["accepted"] != ROUNDS:
        raise RuntimeError(f"ports were not filed: {filed}")
    return numbers


def _baseline(testbed: Testbed, number: str) -> list[float]:
    topic = Topic(owner="floor", consumers=(), key="", partitions=1, events=(), retention_days=1)
    catalogue = Catalogue({TOPIC: topic}, f"bench{time.monotonic_ns()}.")
    broker = testbed.system.kafka.broker()
    catalogue.create(broker, ["floor"])
    name = catalogue.physical(TOPIC)
    producer = clients.producer(broker, "floor")
    consumer: KafkaConsumer = clients.consumer(broker, name, "0", [name])
    consumer.poll(timeout_ms=2_000)
    taken = []
    database = testbed.system.postgres.create_database("bench_latency")
    with psycopg.connect(database) as connection, testbed.client("ports", STAFF) as ports:
        connection.execute("CREATE TABLE hops (place int, payload bytea)")
        connection.commit()
        for _ in range(ROUNDS):
            began = time.monotonic()
            for _hop in ("complaint", "assessment"):
                connection.execute("INSERT INTO hops VALUES (1, %s)", (b"x" * 800,))
                connection.commit()
            producer.send(name, b"x" * 800, b"key").get(timeout=10)
            while not consumer.poll(timeout_ms=500):
                pass
            connection.execute("INSERT INTO hops VALUES (2, %s)", (b"x" * 800,))
            connection.commit()
            _orders_of(ports, number)
            taken.append((time.monotonic() - began) * 1_000)
    producer.close()
    consumer.close(autocommit=False)
    return taken
