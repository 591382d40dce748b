"""`order_latency_p50_ms`, `order_latency_p99_ms`: how long after the complaint that completes a window its order can be
read over REST, while nothing else happens."""

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
from benchmarks.results import Result, patiently
from benchmarks.stage import STAFF, Stage
from chassis import clock
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue, Topic
from sandbox import scenario

ROUNDS = 60
BEFORE = 4
"""Complaints about a number that do not complete a window yet: one below the bar of the rule shutdown.commercial."""
TOPIC = "floor.latency.v1"


def measure(stage: Stage) -> list[Result]:
    """Milliseconds from the 201 until the order is read; api and worker are processes apart. The floor does by hand
    what must happen in between: insert, produce, poll, insert, read."""
    numbers = _filed_ports(stage)
    with stage.undisturbed():
        ours = _timed(stage, numbers)
        floor = _by_hand(stage, numbers[0])
    stage.settle()
    return [
        Result.against(f"order_latency_p{percent}_ms", _percentile(ours, percent), "ms", _percentile(floor, percent))
        for percent in (50, 99)
    ]


def _timed(stage: Stage, numbers: list[str]) -> list[float]:
    taken = []
    with stage.calls("complaints", "channel:app") as channel, stage.calls("ports", STAFF) as ports:
        for number in numbers:
            for _ in range(BEFORE):
                _complain(channel, number)
        stage.settle()
        for number in numbers:
            _complain(channel, number)
            answered = time.monotonic()
            patiently(partial(_orders_of, ports, number), pause=0.001)
            taken.append((time.monotonic() - answered) * 1_000)
    return taken


def _complain(channel: httpx2.Client, number: str) -> None:
    channel.post("/complaints", json=load.complaint(number)).raise_for_status()


def _orders_of(ports: httpx2.Client, number: str) -> list[Any]:
    found: list[Any] = ports.get("/orders", params={"number": number}).raise_for_status().json()["items"]
    return found


def _percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _filed_ports(stage: Stage) -> list[str]:
    """Fresh ports under the signature that the complaints bear, known to all services."""
    numbers = [f"10690789{number:04d}" for number in range(ROUNDS)]
    enterprise = scenario.generate(clock.now()).filings[0]
    rows = [
        asdict(replace(enterprise, number=number, carrier="CMCC", province="", signature=load.SIGNATURE))
        for number in numbers
    ]
    file = stage.directory / "latency.csv"
    load.write_ports(file, rows)
    filed = stage.staff["ports"].upload("/filing-imports", file, "text/csv")
    if filed["accepted"] != ROUNDS:
        raise RuntimeError(f"ports were not filed: {filed}")
    stage.settle()
    return numbers


def _by_hand(stage: Stage, number: str) -> list[float]:
    topic = Topic(owner="floor", consumers=(), key="", partitions=1, events=(), retention_days=1)
    catalogue = Catalogue({TOPIC: topic}, f"bench{time.monotonic_ns()}.")
    bootstrap = stage.system.kafka.bootstrap
    catalogue.create(bootstrap, ["floor"])
    name = catalogue.physical(TOPIC)
    producer = clients.producer(bootstrap, "floor")
    consumer: KafkaConsumer = clients.consumer(bootstrap, name, "0", [name])
    consumer.poll(timeout_ms=2_000)
    taken = []
    database = stage.system.postgres.create_database("bench_latency")
    with psycopg.connect(database) as connection, stage.calls("ports", STAFF) as ports:
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
