"""A workload that is filed while parts of the system are killed."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from anning.services import NAMES
from chassis.events.relay import SEND_SECONDS
from tests.faults.running import (
    CARRIER,
    OFFICER,
    PATIENCE_SECONDS,
    RunningSystem,
    eventually,
    port,
    request_until_answered,
)
from tests.faults.staff_actions import confirm_fined_entries, seal_clues
from tests.faults.workload import Complaint, Workload

TARGETS = (*(f"{name} {role}" for name in NAMES for role in ("worker", "api")), "Kafka", "PostgreSQL")
KILLS = 2 * len(TARGETS)
SEALINGS = 4


@dataclass
class Responses:
    """What the API confirmed: ids and receipts of complaints by their external id, results of files, filed ports."""

    filed: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Pace:
    """Ties the progress of the workload to the kills: between two kills only one step of it is filed, so that each kill
    interrupts requests."""

    def __init__(self, total: int) -> None:
        self._step = total / KILLS
        self._condition = threading.Condition()
        self._begun = self._answered = 0
        self._kills = 0
        self._released = False

    def begin(self) -> None:
        """Wait until the next complaint may be filed."""
        with self._condition:
            self._wait(lambda: self._begun < (self._kills + 1) * self._step)
            self._begun += 1

    def answered(self) -> None:
        """Count a complaint that has been answered."""
        with self._condition:
            self._answered += 1
            self._condition.notify_all()

    def wait_for_share(self, share: float) -> None:
        """Wait until this share (0 to 1) of the current step has been answered."""
        with self._condition:
            self._wait(lambda: self._answered >= (self._kills + share) * self._step)

    def killed(self) -> None:
        """Count a kill whose victims have been started again."""
        with self._condition:
            self._kills += 1
            self._condition.notify_all()

    def wait_for_kills(self, count: int) -> None:
        """Wait for this number of kills."""
        with self._condition:
            self._wait(lambda: self._kills >= count)

    def release(self) -> None:
        """End every wait, present and future."""
        with self._condition:
            self._released = True
            self._condition.notify_all()

    def _wait(self, condition: Callable[[], bool]) -> None:
        in_time = self._condition.wait_for(lambda: self._released or condition(), PATIENCE_SECONDS)
        assert in_time, "the workload makes no progress"


class ChaosRun:
    """Files a workload and the ports of a carrier, and meanwhile kills parts of the system."""

    def __init__(self, running: RunningSystem, workload: Workload, draw: random.Random) -> None:
        self.responses = Responses()
        self.killed: list[str] = []
        self._running = running
        self._workload = workload
        self._draw = draw
        half = len(workload.complaints) // 2
        # Twenty complaints are sent singly and in a file: they must be filed once.
        self._singly = [*workload.doubtful, *workload.complaints[: half + 20]]
        self._in_files = workload.complaints[half:]
        self._pace = Pace(len(self._singly))
        self._over = threading.Event()

    def run(self, new_ports: list[str]) -> None:
        """Run all activities concurrently to their end. Raises the first error of any of them."""
        queue = iter(self._singly)
        lock = threading.Lock()
        with ThreadPoolExecutor(12) as threads:
            activities: list[Future[None]] = [
                *(threads.submit(self._file_complaints, queue, lock) for _ in range(4)),
                threads.submit(self._upload_files),
                threads.submit(self._file_ports, new_ports),
                threads.submit(self._correct_and_withdraw),
                threads.submit(self._seal_clues),
                threads.submit(self._confirm_entries),
            ]
            for activity in activities:
                activity.add_done_callback(lambda done: self._pace.release() if done.exception() else None)
            try:
                self._kill(activities)
            finally:
                self._pace.release()
                self._over.set()
            for activity in activities:
                activity.result()

    def _file_complaints(self, queue: Any, lock: threading.Lock) -> None:
        with self._running.filing() as http:
            while True:
                with lock:
                    body: Complaint | None = next(queue, None)
                if body is None:
                    return
                self._pace.begin()
                name = body["external_id"]
                headers = {"Idempotency-Key": name}
                answer = request_until_answered(http, "POST", "/complaints", json=body, headers=headers)
                assert answer.status_code in (200, 201), answer.text
                filed = answer.json()
                self.responses.filed[name] = filed["id"]
                if filed["receipt"] is not None:
                    self.responses.receipts[name] = filed["receipt"]
                self._pace.answered()

    def _upload_files(self) -> None:
        for index in range(KILLS):
            self._pace.wait_for_kills(index)
            self.responses.files += self._running.upload_complaints(self._in_files[index::KILLS], f"file-{index}")

    def _file_ports(self, numbers: list[str]) -> None:
        with self._running.api("ports", CARRIER) as http:
            for index, number in enumerate(numbers):
                self._pace.wait_for_kills(index * KILLS // len(numbers))
                body = port(number) | {"province": None, "covers_extensions": False}
                headers = {"Idempotency-Key": number}
                answer = request_until_answered(http, "POST", "/filings", json=body, headers=headers)
                assert answer.status_code == 201, answer.text
                # Refused when its provider has been listed meanwhile.
                accepted = answer.json()["decision"] == "accepted"
                (self.responses.ports if accepted else self.responses.refused).append(number)

    def _seal_clues(self) -> None:
        for index in range(SEALINGS):
            self._pace.wait_for_kills((index + 1) * KILLS // (SEALINGS + 1))
            seal_clues(self._running, f"sealing-{index}")

    def _confirm_entries(self) -> None:
        while not self._over.wait(0.5):
            confirm_fined_entries(self._running)

    def _correct_and_withdraw(self) -> None:
        """Of every five doubtful complaints correct the first and withdraw the second."""
        names = [each["external_id"] for each in self._workload.doubtful]
        with self._running.api_for("complaints", OFFICER) as http:
            for index in range(0, len(names), 5):
                corrected, withdrawn = (
                    eventually(partial(self.responses.filed.get, each)) for each in names[index:][:2]
                )
                self._correct(http, corrected)
                body = {"reason": "taken-back"}
                headers = {"Idempotency-Key": withdrawn}
                answer = request_until_answered(
                    http, "POST", f"/complaints/{withdrawn}/withdrawal", json=body, headers=headers
                )
                assert answer.status_code == 200, answer.text

    def _correct(self, http: Any, identifier: str) -> None:
        def etag_when_assessed() -> str | None:
            answer = request_until_answered(http, "GET", f"/complaints/{identifier}")
            return str(answer.headers["etag"]) if answer.json()["state"] == "assessed" else None

        headers = {"If-Match": eventually(etag_when_assessed), "Idempotency-Key": identifier}
        body = {"category": "not-spam", "note": "a notice that was asked for"}
        answer = request_until_answered(
            http, "POST", f"/complaints/{identifier}/corrections", json=body, headers=headers
        )
        assert answer.status_code == 201, answer.text

    def _kill(self, activities: list[Future[None]]) -> None:
        victims = [TARGETS[index % len(TARGETS)] for index in range(KILLS)]
        self._draw.shuffle(victims)
        for victim in victims:
            self._pace.wait_for_share(self._draw.uniform(0.1, 0.7))
            time.sleep(self._draw.uniform(0, 0.4))
            if any(activity.done() and activity.exception() for activity in activities):
                return
            killed = {victim, *([self._draw.choice(TARGETS)] if self._draw.random() < 0.3 else [])}
            for target in killed:
                kill(self._running, target)
                self.killed.append(target)
            # Once, Kafka is down for longer than a producer keeps unacknowledged records.
            longer = "Kafka" in killed and self.killed.count("Kafka") == 1
            time.sleep(SEND_SECONDS + 1 if longer else self._draw.uniform(0, 1))
            for target in killed:
                start(self._running, target)
            for process in self._running.system.processes.values():
                process.wait_ready(PATIENCE_SECONDS)
            self._pace.killed()


def kill(running: RunningSystem, target: str) -> None:
    """Send SIGKILL to a part of the system."""
    system = running.system
    if target == "Kafka":
        system.kafka.kill()
    elif target == "PostgreSQL":
        system.postgres.kill()
    else:
        system.processes[target].kill()


def start(running: RunningSystem, target: str) -> None:
    """Start a killed part again."""
    system = running.system
    if target == "Kafka":
        system.kafka.start(PATIENCE_SECONDS)
    elif target == "PostgreSQL":
        system.postgres.start(PATIENCE_SECONDS)
    else:
        system.processes[target].launch()
