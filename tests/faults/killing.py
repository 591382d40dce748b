"""A crowd that complains while parts of the system are killed."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from anning.services import NAMES
from chassis.events.relay import SEND_SECONDS
from tests.faults.closing import list_the_fined, seal
from tests.faults.crowd import Complaint, Crowd
from tests.faults.running import PATIENCE_SECONDS, Running, eventually, insist, port

TARGETS = (*(f"{name} {role}" for name in NAMES for role in ("worker", "api")), "Kafka", "PostgreSQL")
KILLS = 2 * len(TARGETS)
SEALINGS = 4

Part = Callable[[], Any]


@dataclass
class Answers:
    """What the API promised: ids of complaints by their external id, receipts, and what became of files."""

    filed: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)


class Pace:
    """Lets the crowd come only as far as kills have: so that each falls into the middle of the flow."""

    def __init__(self, total: int) -> None:
        self._step = total / KILLS
        self._lock = threading.Condition()
        self._began = self._answered = 0
        self._kills = 0
        self._over = False

    def begin(self) -> None:
        """Wait for one's turn to complain."""
        with self._lock:
            self._wait(lambda: self._began < (self._kills + 1) * self._step)
            self._began += 1

    def answered(self) -> None:
        """One complaint more has been answered."""
        with self._lock:
            self._answered += 1
            self._lock.notify_all()

    def reached(self, part: float) -> None:
        """Wait until this part (0 to 1) of the step that belongs to the next kill has been answered."""
        with self._lock:
            self._wait(lambda: self._answered >= (self._kills + part) * self._step)

    def killed(self) -> None:
        """Another kill is over."""
        with self._lock:
            self._kills += 1
            self._lock.notify_all()

    def until(self, kills: int) -> None:
        """Wait for so many kills."""
        with self._lock:
            self._wait(lambda: self._kills >= kills)

    def give_up(self) -> None:
        """Nobody waits any longer."""
        with self._lock:
            self._over = True
            self._lock.notify_all()

    def _wait(self, condition: Callable[[], bool]) -> None:
        came = self._lock.wait_for(lambda: self._over or condition(), PATIENCE_SECONDS)
        assert came, "the flow stands still"


class Onslaught:
    """Files a crowd's complaints and a carrier's ports, and kills meanwhile."""

    def __init__(self, running: Running, crowd: Crowd, draw: random.Random) -> None:
        self.answers = Answers()
        self._running = running
        self._crowd = crowd
        self._draw = draw
        half = len(crowd.complaints) // 2
        # Some come both ways: they are filed once all the same.
        self._singly = [*crowd.doubtful, *crowd.complaints[: half + 20]]
        self._in_files = crowd.complaints[half:]
        self._pace = Pace(len(self._singly))
        self._over = threading.Event()

    def run(self, new_ports: list[str]) -> None:
        """Everything at once, to its end. Raises what any of those who take part met."""
        queue = iter(self._singly)
        taking = threading.Lock()
        with ThreadPoolExecutor(12) as threads:
            taking_part: list[Future[None]] = [
                *(threads.submit(self._complain, queue, taking) for _ in range(4)),
                threads.submit(self._send_files),
                threads.submit(self._file_ports, new_ports),
                threads.submit(self._think_better),
                threads.submit(self._hand_over),
                threads.submit(self._list),
            ]
            for each in taking_part:
                each.add_done_callback(lambda done: self._pace.give_up() if done.exception() else None)
            try:
                self._kill(taking_part)
            finally:
                self._pace.give_up()
                self._over.set()
            for each in taking_part:
                each.result()

    def _complain(self, queue: Any, taking: threading.Lock) -> None:
        with self._running.api("complaints") as http:
            while True:
                with taking:
                    said: Complaint | None = next(queue, None)
                if said is None:
                    return
                self._pace.begin()
                key = {"Idempotency-Key": said["external_id"]}
                answer = insist(http, "POST", "/complaints", json=said, headers=key)
                assert answer.status_code in (200, 201), answer.text
                told = answer.json()
                self.answers.filed[said["external_id"]] = told["id"]
                if told["receipt"] is not None:
                    self.answers.receipts[said["external_id"]] = told["receipt"]
                self._pace.answered()

    def _send_files(self) -> None:
        with self._running.api("complaints") as http:
            for place in range(KILLS):
                self._pace.until(place)
                lines = self._in_files[place::KILLS]
                content = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
                told = self._running.upload(
                    http, "/complaint-imports", content, "application/x-ndjson", f"file-{place}"
                )
                self.answers.files.append(told | {"sent": len(lines)})

    def _file_ports(self, numbers: list[str]) -> None:
        with self._running.api("ports") as http:
            for place, number in enumerate(numbers):
                self._pace.until(place * KILLS // len(numbers))
                said = port(number) | {"province": None, "covers_extensions": False}
                answer = insist(http, "POST", "/filings", json=said, headers={"Idempotency-Key": number})
                assert answer.status_code == 201, answer.text
                # Its provider may have been listed meanwhile.
                accepted = answer.json()["decision"] == "accepted"
                (self.answers.ports if accepted else self.answers.refused).append(number)

    def _hand_over(self) -> None:
        for place in range(SEALINGS):
            self._pace.until((place + 1) * KILLS // (SEALINGS + 1))
            seal(self._running, f"sealing-{place}")

    def _list(self) -> None:
        while not self._over.wait(0.5):
            list_the_fined(self._running)

    def _think_better(self) -> None:
        """Of each five doubtful complaints staff correct one, and one is taken back."""
        names = [each["external_id"] for each in self._crowd.doubtful]
        with self._running.api("complaints") as http:
            for place in range(0, len(names), 5):
                corrected, taken_back = (
                    eventually(partial(self.answers.filed.get, each)) for each in names[place:][:2]
                )
                self._correct(http, corrected)
                body = {"reason": "taken-back"}
                key = {"Idempotency-Key": taken_back}
                answer = insist(http, "POST", f"/complaints/{taken_back}/withdrawal", json=body, headers=key)
                assert answer.status_code == 200, answer.text

    def _correct(self, http: Any, identifier: str) -> None:
        def assessed() -> str | None:
            answer = insist(http, "GET", f"/complaints/{identifier}")
            return str(answer.headers["etag"]) if answer.json()["state"] == "assessed" else None

        headers = {"If-Match": eventually(assessed), "Idempotency-Key": identifier}
        body = {"category": "not-spam", "note": "a notice that was asked for"}
        answer = insist(http, "POST", f"/complaints/{identifier}/corrections", json=body, headers=headers)
        assert answer.status_code == 201, answer.text

    def _kill(self, taking_part: list[Future[None]]) -> None:
        victims = [TARGETS[place % len(TARGETS)] for place in range(KILLS)]
        self._draw.shuffle(victims)
        for victim in victims:
            self._pace.reached(self._draw.uniform(0.1, 0.7))
            time.sleep(self._draw.uniform(0, 0.4))
            if any(each.done() and each.exception() for each in taking_part):
                return
            killed = {victim, *([self._draw.choice(TARGETS)] if self._draw.random() < 0.3 else [])}
            for each in killed:
                kill(self._running, each)
                self.answers.killed.append(each)
            # Kafka is once away for longer than anybody who sends keeps what was not acknowledged.
            longer = "Kafka" in killed and self.answers.killed.count("Kafka") == 1
            time.sleep(SEND_SECONDS + 1 if longer else self._draw.uniform(0, 1))
            for each in killed:
                start(self._running, each)
            for process in self._running.system.processes.values():
                process.wait_ready(PATIENCE_SECONDS)
            self._pace.killed()


def kill(running: Running, target: str) -> None:
    """SIGKILL to a part."""
    system = running.system
    if target == "Kafka":
        system.kafka.kill()
    elif target == "PostgreSQL":
        system.postgres.kill()
    else:
        system.processes[target].kill()


def start(running: Running, target: str) -> None:
    """Bring a part back."""
    system = running.system
    if target == "Kafka":
        system.kafka.start(PATIENCE_SECONDS)
    elif target == "PostgreSQL":
        system.postgres.start(PATIENCE_SECONDS)
    else:
        system.processes[target].launch()
