"""One complaint at a time: `single_intake`, and how long after the completing one the order can be read."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

import psycopg
from kafka import KafkaConsumer

from benchmarks.results import Result, patiently
from chassis import clock
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue, Topic
from sandbox import scenario, tokens
from standalone.client import Client
from standalone.processes import Process, answers, free_port
from standalone.system import ROOT, System

CONNECTIONS = 32
REQUESTS = 4_000
ROUNDS = 60
TOPIC = "floor.latency.v1"


def measure(system: System, ports: Client) -> list[Result]:
    """`single_intake`, then `order_latency_p50_ms` and `order_latency_p99_ms` while nothing else happens."""
    return [_intake(system), *_latency(system, ports)]


# ------------------------------------------------------------------------------------------------- single intake


def _intake(system: System) -> Result:
    bearer = tokens.mint(system.credentials, "channel:app", issuer=system.issuer)
    url = system.postgres.create_database("bench_bare_route")
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "benchmarks.bare_route:app",
        "--port",
        str(port),
        "--log-level",
        "error",
    ]
    ready = f"http://127.0.0.1:{port}"
    environment = {**system.environment("complaints", "api"), "BARE_ROUTE_DATABASE": url}
    bare = Process(
        "bare route", command, log=system.directory / "logs" / "bare.log", env=environment, cwd=ROOT,
        ready=lambda: answers(f"{ready}/ready"),
    )  # fmt: skip
    bare.start()
    try:
        pairs = [(_rate(system.url("complaints"), bearer), _rate(ready, bearer)) for _ in range(3)]
    finally:
        bare.stop()
    return Result.against(
        "single_intake", median(pair[0] for pair in pairs), "POST/s", median(pair[1] for pair in pairs)
    )


def _rate(url: str, bearer: str) -> float:
    """Requests per second over 32 connections that are kept, each answered with 201."""
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 0
    requests = _requests(host, bearer)

    async def work() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for request in requests:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 201 " not in head[:20]:
                raise RuntimeError(f"not filed: {head[:200]!r}")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
        writer.close()

    async def everybody() -> float:
        began = time.monotonic()
        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
        return time.monotonic() - began

    return REQUESTS / asyncio.run(everybody())


def _requests(host: str, bearer: str) -> Iterator[bytes]:
    for number in range(REQUESTS):
        body = json.dumps(_complaint(f"1069{number % 900:04d}", f"139{number:08d}")).encode()
        yield (
            f"POST /complaints HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {bearer}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {uuid.uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body


def _complaint(sender: str, complainant: str) -> dict[str, Any]:
    now = clock.now()
    return {
        "channel": "app",
        "complainant_number": complainant,
        "sender_number": sender,
        "text": "【云上百货】本周全场五折，满三百减一百，点击领取优惠券，退订回T",
        "sent_at": (now - timedelta(minutes=10)).isoformat(),
        "received_at": (now - timedelta(minutes=5)).isoformat(),
        "external_id": str(uuid.uuid4()),
        "complainant_province": "440000",
    }


# ------------------------------------------------------------------------------------------------------- latency


def _latency(system: System, ports: Client) -> list[Result]:
    """From the 201 of the complaint that completes a window until its order is read over REST."""
    with Client(system.url("complaints"), system.issuer, system.credentials, "channel:app") as channel:
        ours = []
        numbers = _filed_ports(system, ports)
        before = _heard(ports)
        for number in numbers:
            for person in range(4):
                channel.post("/complaints", _complaint(number, f"138{person:08d}"))
        patiently(lambda: _heard(ports) >= before + 4 * len(numbers))
        for number in numbers:
            channel.post("/complaints", _complaint(number, "13800000009"))
            answered = time.monotonic()
            patiently(partial(_order_of, ports, number), pause=0.001)
            ours.append((time.monotonic() - answered) * 1_000)
    floor = _by_hand(system, ports)
    return [
        Result.against(f"order_latency_p{percent}_ms", _percentile(ours, percent), "ms", _percentile(floor, percent))
        for percent in (50, 99)
    ]


def _order_of(ports: Client, number: str) -> object:
    return ports.get("/orders", number=number)["items"]


def _heard(ports: Client) -> int:
    return int(ports.get("/statistics")["evidence"]["complaints"])


def _percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _filed_ports(system: System, ports: Client) -> list[str]:
    """Fresh ports under the signature that the complaints bear, known to complaints."""
    numbers = [f"10690{789:03d}{number:04d}" for number in range(ROUNDS)]
    enterprise = scenario.generate(clock.now()).filings[0]
    rows = [
        asdict(replace(enterprise, number=number, carrier="CMCC", province="", signature="云上百货"))
        for number in numbers
    ]
    file = system.directory / "latency.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    filed = ports.upload("/filing-imports", file, "text/csv")
    if filed["rejected"]:
        raise RuntimeError(f"ports were not filed: {filed}")
    with Client(system.url("complaints"), system.issuer, system.credentials, "regulator:MIIT") as staff:
        patiently(lambda: all(staff.get(f"/register/{number}")["filings"] for number in numbers))
    return numbers


def _by_hand(system: System, ports: Client) -> list[float]:
    """The same way without care: insert, produce, poll, insert, read."""
    prefix = f"bench{time.monotonic_ns()}."
    topic = Topic(owner="floor", consumers=(), key="", partitions=1, events=(), retention_days=1)
    catalogue = Catalogue({TOPIC: topic}, prefix)
    catalogue.create(system.kafka.bootstrap, ["floor"])
    name = catalogue.physical(TOPIC)
    producer = clients.producer(system.kafka.bootstrap, "floor")
    consumer: KafkaConsumer = clients.consumer(system.kafka.bootstrap, name, "0", [name])
    consumer.poll(timeout_ms=2_000)
    taken = []
    with psycopg.connect(system.postgres.url("bench_bare_route", "bench_bare_route")) as connection:
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
            ports.get("/orders", number="1069078900000")
            taken.append((time.monotonic() - began) * 1_000)
    producer.close()
    consumer.close(autocommit=False)
    return taken
