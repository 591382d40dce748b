"""The whole system at work, as channels, staff, carriers and operators meet it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
import psycopg

from anning.services import NAMES, load
from chassis.events.topics import Catalogue
from sandbox.scenario.cast import credit_code
from sandbox.tokens import mint
from standalone.system import ROOT, System
from tests.faults.crowd import Complaint
from tests.faults.topics import Topics

STAFF, REVIEWER = "regulator:MIIT", "regulator-MIIT-reviewer"
TOPICS = Catalogue.load(ROOT / "contracts" / "topics.yaml").topics
T = TypeVar("T")

PATIENCE_SECONDS = 180
"""How long anything may take before it counts as never happening: the machine may have other things to do."""

_COLUMNS = (
    *("number", "carrier", "province", "holder_uscc", "holder_name", "provider_uscc", "provider_name"),
    *("signature", "purpose", "declared_from", "covers_extensions"),
)


@dataclass(frozen=True)
class Running:
    """A system, and everything one can ask it."""

    system: System

    @contextmanager
    def api(self, service: str, org: str = STAFF, client_id: str | None = None) -> Iterator[httpx2.Client]:
        """Calls to a service for an organisation (by one of its clients). May be used by many threads."""
        issuer = self.system.issuer
        token = mint(self.system.credentials, org, issuer=issuer, lifetime_seconds=3_600, client_id=client_id)
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.Client(base_url=self.system.url(service), headers=headers, timeout=30, trust_env=False) as http:
            yield http

    @contextmanager
    def carriers_idle(self) -> Iterator[None]:
        """Carriers do nothing meanwhile, which would change orders and ports; nor does anybody get a new token."""
        sandbox = self.system.processes["sandbox"]
        sandbox.pause()
        try:
            yield
        finally:
            sandbox.resume()

    @property
    def topics(self) -> Topics:
        """What lies in Kafka."""
        return Topics(self.system.kafka.bootstrap)

    def rows(self, service: str, statement: str, *parameters: Any) -> list[Any]:
        """What the database of a service answers."""
        with psycopg.connect(self.system.postgres.url(f"anning_{service}"), autocommit=True) as connection:
            answer = connection.execute(statement.encode(), parameters or None)
            return answer.fetchall() if answer.description else []

    def one(self, service: str, statement: str, *parameters: Any) -> Any:
        """The one value that the database answers."""
        ((value,),) = self.rows(service, statement, *parameters)
        return value

    def operate(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        """What an operator's command says, run as the processes of a service are."""
        return subprocess.run(
            [sys.executable, "-m", "anning", *command],
            env=self.system.environment(service, "worker"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def unready(self, process: str) -> Mapping[str, str]:
        """What keeps a process ("ports worker") from being ready, as it says itself."""
        answer = httpx2.get(f"{self.system.url(*process.split())}/readyz", timeout=30, trust_env=False)
        found: dict[str, str] = answer.json().get("problems", {})
        assert (answer.status_code == 200) == (not found)
        return found

    def metrics(self, process: str) -> str:
        """The metrics of a process, as they are scraped."""
        return httpx2.get(f"{self.system.url(*process.split())}/metrics", timeout=30, trust_env=False).text

    def file_ports(self, numbers: Sequence[str], *, signature: str = "云杉书店") -> None:
        """A carrier's register of these numbers, worked off and known to both services."""
        lines = [",".join(_COLUMNS), *(",".join(str(v) for v in port(each, signature).values()) for each in numbers)]
        content = "\n".join(lines).encode()
        with self.api("ports") as http:
            told = self.upload(http, "/filing-imports", content, "text/csv")
        assert told["accepted"] == len(numbers), told
        eventually(lambda: not set(numbers) - {number for (number,) in self.rows("complaints", _KNOWN)})

    def file(self, *complaints: Complaint) -> list[str]:
        """File complaints one by one; their ids."""
        with self.api("complaints") as http:
            answers = [http.post("/complaints", json=each) for each in complaints]
        assert [each.status_code for each in answers] == [201] * len(answers), [each.text for each in answers]
        return [each.json()["id"] for each in answers]

    def heard_of(self, *complaints: str) -> bool:
        """Whether ports keeps these complaints (ids) as evidence."""
        known = self.one("ports", "SELECT count(*) FROM evidence WHERE complaint_id = ANY(%s::uuid[])", [*complaints])
        return bool(known == len(complaints))

    def upload(self, http: httpx2.Client, path: str, content: bytes, media_type: str, key: str = "") -> dict[str, Any]:
        """What became of a file, once all of it is worked off, however often one has to ask."""
        headers = {"Content-Type": media_type, **({"Idempotency-Key": key} if key else {})}
        sent = insist(http, "POST", path, content=content, headers=headers)
        assert sent.status_code == 202, sent.text

        def worked_off() -> dict[str, Any] | None:
            told: dict[str, Any] = insist(http, "GET", sent.headers["location"]).json()
            return None if told["state"] in ("received", "running") else told

        told = eventually(worked_off)
        assert told["state"] == "finished", told
        return told

    def under_way(self) -> Iterator[str]:
        """What has not come to its end yet; nothing when whatever was filed has been assessed, told and heard."""
        for what, count in self._waiting():
            if count:
                yield f"{what}: {count}"

    def _waiting(self) -> Iterator[tuple[str, int]]:
        yield "files", sum(self.one(name, _UNFINISHED) for name in NAMES)
        yield "complaints", self.one("complaints", "SELECT count(*) FROM complaints WHERE state = 'filed'")
        for name in NAMES:
            yield f"outbox of {name}", self.one(name, _UNPUBLISHED)
        for name in NAMES:
            yield f"not heard of by {name}", len(self.unheard(name))
        yield "ports not heard of", len(set(self.rows("ports", _PORTS)) - set(self.rows("complaints", _COPIES)))

    def unheard(self, service: str) -> set[Any]:
        """The facts of others that a service reacts to and has not acted on, by their ids."""
        told: set[Any] = set()
        types = [each.type for each in load(service).reactions]
        for owner in {TOPICS[each.topic].owner for each in load(service).reactions}:
            told |= {each for (each,) in self.rows(owner, "SELECT id FROM outbox WHERE type = ANY(%s)", types)}
        return told - {each for (each,) in self.rows(service, "SELECT event_id FROM inbox")}

    def settle(self) -> None:
        """Wait until nothing is under way."""
        eventually(lambda: not any(self.under_way()), told=lambda: list(self.under_way()))


_UNFINISHED = "SELECT count(*) FROM imports WHERE state IN ('received', 'running')"
_UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
_KNOWN = "SELECT number FROM register_ports"
_PORTS = "SELECT carrier, number, version, status FROM ports"
_COPIES = "SELECT carrier, number, version, status FROM register_ports"


PROVIDERS = tuple(credit_code("630000", place) for place in range(1, 7))
"""Six enterprises that send through the numbers of tests, told apart by the last digits of a number."""


def provider_of(number: str) -> str:
    """The enterprise for which a number is filed."""
    return PROVIDERS[int(number[-4:]) % len(PROVIDERS)]


def port(number: str, signature: str = "云杉书店") -> dict[str, str]:
    """A bookshop's port as a line of a register has it, filed long ago."""
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


def insist(http: httpx2.Client, method: str, path: str, **rest: Any) -> httpx2.Response:
    """The answer, as a client gets it who asks again while there is none, or a 503."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = http.request(method, path, **rest)
        except httpx2.TransportError as error:
            trouble = repr(error)
        else:
            if answer.status_code != 503:
                return answer
            trouble = answer.text
        assert time.monotonic() < deadline, f"{method} {path} is never answered: {trouble}"
        time.sleep(0.05)


def eventually(condition: Callable[[], T | None], *, told: Callable[[], object] = lambda: "") -> T:
    """Wait until it holds, and give what it then says; `told` is asked what to complain of where it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, f"it never came to hold: {told()}"
        time.sleep(0.1)
    return found
