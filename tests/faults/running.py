"""The running system, as channels, staff, carriers and operators use it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
import msgspec
import psycopg

from anning.services import NAMES, load
from chassis.events.topics import Catalogue
from chassis.version import API_PREFIX
from contracts.channels import CHANNELS
from sandbox.people import people
from sandbox.scenario.cast import credit_code
from sandbox.tokens import mint, mint_for
from standalone.system import ROOT, System
from tests.faults.topics import Topics
from tests.faults.workload import Complaint

STAFF = "regulator:MIIT"
OFFICER, REVIEWER, DIRECTOR = "MIIT-officer", "MIIT-reviewer", "MIIT-director"
CARRIER = "carrier:CMCC"
"""Who files the ports of the tests."""
TOPICS = Catalogue.load(ROOT / "contracts" / "topics.yaml").topics
T = TypeVar("T")

PATIENCE_SECONDS = 180
"""How long a condition may take before it counts as never met; the machine may be busy with other work."""

_COLUMNS = (
    *("number", "carrier", "province", "holder_uscc", "holder_name", "provider_uscc", "provider_name"),
    *("signature", "purpose", "declared_from", "covers_extensions"),
)


class _ByChannel(httpx2.Auth):
    """The token of the channel that a complaint names."""

    requires_request_body = True

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = tokens

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._tokens[json.loads(request.content)['channel']]}"
        yield request


@dataclass(frozen=True)
class RunningSystem:
    """A system, with requests, database queries, topics and operators' commands."""

    system: System

    @contextmanager
    def api(self, service: str, org: str = STAFF) -> Iterator[httpx2.Client]:
        """A client of a service's API that acts for an organisation. Thread-safe."""
        token = mint(self.system.credentials, org, issuer=self.system.issuer, lifetime_seconds=3_600)
        with self._client(service, token) as http:
            yield http

    @contextmanager
    def api_for(self, service: str, person: str) -> Iterator[httpx2.Client]:
        """A client of a service's API that acts for a person of the sandbox. Thread-safe."""
        token = mint_for(self.system.credentials, people()[person], issuer=self.system.issuer, lifetime_seconds=3_600)
        with self._client(service, token) as http:
            yield http

    @contextmanager
    def _client(self, service: str, token: str) -> Iterator[httpx2.Client]:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.Client(
            base_url=self.system.url(service) + API_PREFIX, headers=headers, timeout=30, trust_env=False
        ) as http:
            yield http

    @contextmanager
    def filing(self) -> Iterator[httpx2.Client]:
        """A client of the complaints API that files each complaint for its channel. Thread-safe."""
        tokens = {
            channel: mint(
                self.system.credentials, f"channel:{channel}", issuer=self.system.issuer, lifetime_seconds=3_600
            )
            for channel, each in CHANNELS.items()
            if not each.of_staff
        }
        with httpx2.Client(
            base_url=self.system.url("complaints") + API_PREFIX, auth=_ByChannel(tokens), timeout=30, trust_env=False
        ) as http:
            yield http

    @contextmanager
    def sandbox_paused(self) -> Iterator[None]:
        """Carriers do not act, so orders and ports do not change meanwhile; no tokens are issued either."""
        with self.system.processes["sandbox"].paused():
            yield

    @property
    def topics(self) -> Topics:
        """The topics of the broker."""
        return Topics(self.system.kafka.broker())

    def rows(self, service: str, statement: str, *parameters: Any) -> list[Any]:
        """Execute a statement in the database of a service; its rows, if it returns any."""
        with psycopg.connect(self.system.postgres.url(f"anning_{service}"), autocommit=True) as connection:
            result = connection.execute(statement.encode(), parameters or None)
            return result.fetchall() if result.description else []

    def one(self, service: str, statement: str, *parameters: Any) -> Any:
        """The single value that a query returns."""
        ((value,),) = self.rows(service, statement, *parameters)
        return value

    def operate(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run an operator's command in the environment of a service's processes."""
        return subprocess.run(
            [sys.executable, "-m", "anning", *command],
            env=self.system.environment(service, "worker"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def readiness_problems(self, process: str) -> Mapping[str, str]:
        """The problems that a process ("ports worker") reports at /readyz; empty when it is ready."""
        answer = httpx2.get(f"{self.system.monitoring_url(*process.split())}/readyz", timeout=30, trust_env=False)
        problems: dict[str, str] = answer.json().get("problems", {})
        assert (answer.status_code == 200) == (not problems)
        return problems

    def metrics(self, process: str) -> str:
        """The metrics of a process in the text format."""
        return httpx2.get(f"{self.system.monitoring_url(*process.split())}/metrics", timeout=30, trust_env=False).text

    def file_ports(self, numbers: Sequence[str], *, signature: str = "云杉书店") -> None:
        """Upload a carrier's register of these numbers; return when complaints has copied all of them."""
        lines = [",".join(_COLUMNS), *(",".join(str(v) for v in port(each, signature).values()) for each in numbers)]
        content = "\n".join(lines).encode()
        with self.api("ports", CARRIER) as http:
            finished = self.upload(http, "/filing-imports", content, "text/csv")
        assert finished["accepted"] == len(numbers), finished
        eventually(lambda: not set(numbers) - {number for (number,) in self.rows("complaints", _COPIED_NUMBERS)})

    def file(self, *complaints: Complaint) -> list[str]:
        """File complaints one by one; their ids."""
        with self.filing() as http:
            answers = [http.post("/complaints", json=each) for each in complaints]
        assert [each.status_code for each in answers] == [201] * len(answers), [each.text for each in answers]
        return [each.json()["id"] for each in answers]

    def upload_complaints(self, complaints: Sequence[Complaint], key: str = "") -> list[dict[str, Any]]:
        """Upload complaints in one file for each channel; the finished imports, with the lines that were `sent`."""
        finished = []
        for channel in CHANNELS:
            lines = [msgspec.json.encode(each) for each in complaints if each["channel"] == channel]
            if lines:
                with self.api("complaints", f"channel:{channel}") as http:
                    content = b"\n".join(lines)
                    found = self.upload(http, "/complaint-imports", content, "application/x-ndjson", key)
                finished.append(found | {"sent": len(lines)})
        return finished

    def in_evidence(self, *complaints: str) -> bool:
        """Whether ports has all of these complaints (ids) as evidence."""
        count = self.one("ports", "SELECT count(*) FROM evidence WHERE complaint_id = ANY(%s::uuid[])", [*complaints])
        return bool(count == len(complaints))

    def upload(self, http: httpx2.Client, path: str, content: bytes, media_type: str, key: str = "") -> dict[str, Any]:
        """Upload a file and poll its import until it is finished; the import. Repeats requests until answered."""
        headers = {"Content-Type": media_type, **({"Idempotency-Key": key} if key else {})}
        accepted = request_until_answered(http, "POST", path, content=content, headers=headers)
        assert accepted.status_code == 202, accepted.text

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = request_until_answered(
                http, "GET", accepted.headers["location"].removeprefix(API_PREFIX)
            ).json()
            return None if found["state"] in ("received", "running") else found

        result = eventually(ended)
        assert result["state"] == "finished", result
        return result

    def pending(self) -> Iterator[str]:
        """Work that is not done: files to import, complaints to assess, events to publish and to process."""
        for work, count in self._pending_counts():
            if count:
                yield f"{work}: {count}"

    def _pending_counts(self) -> Iterator[tuple[str, int]]:
        for name in NAMES:
            yield f"files, complaints and events of {name}", self.one(name, _UNFINISHED.get(name, _UNFINISHED_OF_ALL))
        for name in NAMES:
            yield f"not processed by {name}", len(self.unprocessed(name))
        yield "filings not copied", len(set(self.rows("ports", _FILINGS)) - set(self.rows("complaints", _COPIES)))

    def unprocessed(self, service: str) -> set[Any]:
        """The ids of other services' events that a service reacts to and has not processed."""
        recorded: set[Any] = set()
        types = [each.type for each in load(service).reactions]
        for owner in {TOPICS[each.topic].owner for each in load(service).reactions}:
            recorded |= {each for (each,) in self.rows(owner, "SELECT id FROM outbox WHERE type = ANY(%s)", types)}
        return recorded - {each for (each,) in self.rows(service, "SELECT event_id FROM inbox")}

    def settle(self) -> None:
        """Wait until no work is pending."""
        eventually(lambda: not any(self.pending()), describe=lambda: list(self.pending()))


_UNFINISHED_OF_ALL = (
    "SELECT (SELECT count(*) FROM imports WHERE state IN ('received', 'running'))"
    " + (SELECT count(*) FROM outbox WHERE published_at IS NULL)"
)
_UNFINISHED = {"complaints": f"{_UNFINISHED_OF_ALL} + (SELECT count(*) FROM complaints WHERE state = 'filed')"}
_COPIED_NUMBERS = "SELECT number FROM register_filings"
_FILINGS = "SELECT id, valid_to FROM filings WHERE port_id IS NOT NULL"
_COPIES = "SELECT filing, (content ->> 'valid_to')::timestamptz FROM register_filings"


PROVIDERS = tuple(credit_code("630000", index) for index in range(1, 7))
"""Six enterprises that use the numbers of the tests; the last digits of a number select one."""


def provider_of(number: str) -> str:
    """The enterprise for which a number is filed."""
    return PROVIDERS[int(number[-4:]) % len(PROVIDERS)]


def port(number: str, signature: str = "云杉书店") -> dict[str, str]:
    """A bookshop's port as a line of a register, filed years ago."""
    return {
        "number": number,
        "carrier": "CMCC",
        "province": "",
        "holder_uscc": "91350000M0CKHA1D3E",
        "holder_name": "示例短信信息技术有限公司",
        "provider_uscc": provider_of(number),
        "provider_name": "云杉书店有限公司",
        "signature": signature,
        "purpose": "marketing",
        "declared_from": "2020-01-01",
        "covers_extensions": "false",
    }


def request_until_answered(http: httpx2.Client, method: str, path: str, **arguments: Any) -> httpx2.Response:
    """The response to a request that is repeated after a connection error or a 503."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = http.request(method, path, **arguments)
        except httpx2.TransportError as error:
            trouble = repr(error)
        else:
            if answer.status_code != 503:
                return answer
            trouble = answer.text
        assert time.monotonic() < deadline, f"{method} {path} was not answered in time: {trouble}"
        time.sleep(0.05)


def eventually(condition: Callable[[], T | None], *, describe: Callable[[], object] = lambda: "") -> T:
    """Wait until the condition is true and return its value; `describe` gives the assertion message on time-out."""
    began = time.monotonic()
    while not (found := condition()):
        waited = time.monotonic() - began
        assert waited < PATIENCE_SECONDS, f"the condition was not met in time: {describe()}"
        # Queries take time from the system that they wait for: after a long wait they come less often.
        time.sleep(min(0.05 + waited / 10, 0.5))
    return found
