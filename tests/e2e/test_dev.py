"""`anning dev SERVICE`: the infrastructure starts once, and a service restarts when its sources change."""

from __future__ import annotations

import base64
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from anning.services import load_all
from standalone.system import ROOT, System
from tests.e2e.commands import PATIENCE_SECONDS, all_processes_end, bare, left_running

pytestmark = pytest.mark.timeout(900)

PACKAGES = ("anning", "chassis", "contracts", "sandbox", "services", "standalone")


class Terminal:
    """A command in a terminal: its output and its exit status."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self.process = process
        self._output = output
        self._read = 0

    def until(self, pattern: str) -> str:
        """Wait for a line that matches, after the lines already read. Returns the line."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            ended = self.process.poll() is not None
            text = self._output.read_text()
            if found := re.search(rf"^.*{pattern}.*$", text[self._read :], re.MULTILINE):
                self._read += found.end()
                return found[0]
            assert not ended, text
            time.sleep(0.1)
        raise AssertionError(f"{pattern!r} was not printed:\n{self._output.read_text()}")

    def interrupt(self) -> int:
        """Ctrl-C. Returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_SECONDS)


class Checkout:
    """A copy of the sources, in which tests may change files, and a directory for data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        for package in PACKAGES:
            shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        # Ports that no other test uses.
        self._system = System(self.data, load_all(), rule_packs="CN-2015")

    def url(self, service: str) -> str:
        """The URL of a service's API."""
        return self._system.url(service)

    def title(self, service: str) -> str:
        """The title in the API's OpenAPI document."""
        return str(httpx2.get(f"{self.url(service)}/openapi.json", trust_env=False).json()["info"]["title"])

    def replace(self, file: str, old: str, new: str) -> None:
        """Replace text in a source file."""
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    @contextmanager
    def without(self, service: str) -> Iterator[None]:
        """The checkout before a service was added: without its folder and its scopes."""
        folder, clients = self.folder / "services" / service, self.folder / "sandbox" / "clients.yaml"
        text = clients.read_text()
        clients.write_text("".join(line for line in text.splitlines(keepends=True) if f"- {service}:" not in line))
        folder.rename(self.folder / service)
        yield
        (self.folder / service).rename(folder)
        clients.write_text(text)

    @contextmanager
    def anning(self, *arguments: str) -> Iterator[Terminal]:
        """Run a command from this copy; it is killed afterwards."""
        output = self.folder / f"{time.monotonic_ns()}.txt"
        command = [sys.executable, "-m", "anning", *arguments, "--directory", str(self.data)]
        environment = bare(self.folder) | {"PYTHONPATH": str(self.folder), "PYTHONUNBUFFERED": "1"}
        with (
            output.open("wb") as file,
            subprocess.Popen(command, env=environment, cwd=self.folder, stdout=file, stderr=file) as process,
        ):
            try:
                yield Terminal(process, output)
            finally:
                process.kill()


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """A checkout; afterwards none of its processes runs."""
    made = Checkout(tmp_path)
    yield made
    with made.anning("down") as down:
        down.process.wait(PATIENCE_SECONDS)
    assert all_processes_end(tmp_path), left_running(tmp_path)


def test_a_service_restarts_when_a_source_changes_and_the_infrastructure_stays(checkout: Checkout) -> None:
    source = "services/ports/service.py"
    with checkout.anning("dev", "ports") as ports:
        ports.until("Infrastructure: starting")
        assert checkout.url("ports") in ports.until("ports runs at")
        before = checkout.title("ports")

        checkout.replace(source, f'title="{before}"', 'title="changed"')
        ports.until(f"Changed: {source}")
        ports.until("ports runs at")
        assert checkout.title("ports") == "changed"

        checkout.replace(source, "SERVICE = Service(", "SERVICE = Servant(")
        ports.until("ports api ended with 1")
        checkout.replace(source, "SERVICE = Servant(", "SERVICE = Service(")
        ports.until("ports runs at")
        assert checkout.title("ports") == "changed"

        with checkout.anning("dev", "credit") as credit:
            credit.until("Infrastructure: runs already")
            credit.until("credit runs at")
            assert ports.interrupt() == 0
            # The command that started the infrastructure has ended; the infrastructure still runs.
            assert httpx2.get(f"{checkout.url('credit')}/readyz", trust_env=False).status_code == 200
            assert credit.interrupt() == 0

    with checkout.anning("dev", "ports") as ports:
        ports.until("Infrastructure: runs already")
        ports.until("ports runs at")
        assert ports.interrupt() == 0


def test_a_directory_has_one_system_or_one_infrastructure(checkout: Checkout) -> None:
    with checkout.anning("infrastructure") as infrastructure:
        infrastructure.until("The infrastructure is up")
        with checkout.anning("up") as up:
            up.until(f"process {infrastructure.process.pid}")
            assert up.process.wait(PATIENCE_SECONDS) == 1
        with checkout.anning("dev", "credit") as credit:
            credit.until("Infrastructure: runs already")
            credit.until("credit runs at")
            assert credit.interrupt() == 0
        assert infrastructure.interrupt() == 0


def test_a_service_runs_on_an_infrastructure_that_is_older(checkout: Checkout) -> None:
    with checkout.without("credit"), checkout.anning("dev", "ports") as ports:
        ports.until("ports runs at")
        assert ports.interrupt() == 0

    with checkout.anning("dev", "credit") as credit:
        credit.until("Infrastructure: runs already")
        credit.until("credit runs at")
        with checkout.anning("token", "regulator-MIIT") as token:
            payload = token.until(r"\..*\.").split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert "credit:read" in claims["scope"].split()
        assert credit.interrupt() == 0
