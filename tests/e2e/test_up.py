"""The system that stays up until Ctrl-C, on data that is kept."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from rich.console import Console

from anning.services import NAMES, load_all
from standalone import demo
from standalone.client import Client
from standalone.system import ROOT, System
from tests.e2e.commands import PATIENCE_SECONDS, bare, left_running, soon_nothing_is_left_running
from tests.faults.crowd import complaint

pytestmark = pytest.mark.timeout(900)


def system_over(folder: Path) -> System:
    """The addresses of a system over this folder: free ports, which other tests do not want. It is not started."""
    return System(folder / "data", load_all(), rule_packs=demo.RULE_PACKS)


@contextmanager
def up(folder: Path, *options: str, printed: list[str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """`anning up` on data in this folder, once it says that it is up; afterwards it has ended, however.

    `printed` takes the lines that it prints.
    """
    system_over(folder)
    printed = [] if printed is None else printed
    command = [sys.executable, "-m", "anning", "up", "--directory", str(folder / "data"), *options]
    with subprocess.Popen(command, env=bare(folder), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout or ():
                printed.append(line)
                if "Ctrl-C" in line:
                    break
            else:
                raise AssertionError("".join(printed))
            yield process
        finally:
            process.kill()


def staff(folder: Path) -> Client:
    """The regulator, at the complaints service of the system that is up."""
    numbers = json.loads((folder / "data" / "ports.json").read_text())
    service, issuer = (f"http://127.0.0.1:{numbers[name]}" for name in ("complaints api", "sandbox"))
    return Client(service, issuer, folder / "data" / "credentials", "regulator:MIIT")


def known(client: Client) -> Sequence[str]:
    return [each["id"] for each in client.pages("/complaints")]


def test_what_was_filed_is_still_there_when_it_is_up_again_and_nothing_outlives_it(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        with staff(tmp_path) as client:
            filed = client.post("/complaints", complaint("kept", "1069036100001", 1))["id"]
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 0
        assert left_running(tmp_path) == []
    with up(tmp_path) as process:
        with staff(tmp_path) as client:
            assert known(client) == [filed]
        process.kill()
        process.wait()
        # Killed, it cannot stop anything: what it started notices by itself.
        assert soon_nothing_is_left_running(tmp_path)


def anning(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "anning", *arguments],
        env=bare(folder),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=check,
    )


def test_it_prints_the_addresses_a_way_to_a_token_and_how_to_load_the_demonstration(tmp_path: Path) -> None:
    lines: list[str] = []
    with up(tmp_path, printed=lines) as process:
        printed, directory = "".join(lines), tmp_path / "data"
        urls = re.findall(r"http://127\.0\.0\.1:\d+/docs", printed)
        assert len(urls) == len(NAMES)
        assert [httpx2.get(url, trust_env=False).status_code for url in urls] == [200] * len(NAMES)
        assert f"anning up --demo --directory {directory}" in printed

        (hint,) = re.findall(r"anning (token \S+ --directory \S+)", printed)
        headers = {"Authorization": f"Bearer {anning(tmp_path, *hint.split()).stdout.strip()}"}
        orders = httpx2.get(f"{system_over(tmp_path).url('ports')}/orders", headers=headers, trust_env=False)
        assert orders.json()["items"] == []

        second = anning(tmp_path, "up", "--directory", str(directory), check=False)
        assert second.returncode == 1
        assert f"process {process.pid}" in second.stderr

        anning(tmp_path, "down", "--directory", str(directory))
        assert process.wait(PATIENCE_SECONDS) == 0


def test_the_data_of_the_demonstration_is_loaded_once_and_stays(tmp_path: Path) -> None:
    lines: list[str] = []
    with up(tmp_path, "--demo", printed=lines), staff(tmp_path) as client:
        printed = "".join(lines)
        assert "The story of" in printed
        assert "DOES NOT HOLD" not in printed
        # What the story links to can be read: the system is still there.
        (told_of, *_) = re.findall(r"http://127\.0\.0\.1:\d+(/complaints/[0-9a-f-]{36})", printed)
        assert client.get(told_of)["state"] == "assessed"

        filed = client.get("/statistics")["filed"]
        assert not demo.load(system_over(tmp_path), Console(file=io.StringIO()))
        assert client.get("/statistics")["filed"] == filed
