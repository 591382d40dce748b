"""`anning up`: the system runs until Ctrl-C and keeps its data."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
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
from tests.e2e.commands import PATIENCE_SECONDS, all_processes_end, bare, left_running
from tests.faults.workload import complaint

pytestmark = pytest.mark.timeout(900)


def system_over(folder: Path) -> System:
    """A system on this folder, not started: its ports are free and used by no other test."""
    return System(folder / "data", load_all(), rule_packs=demo.RULE_PACKS)


@contextmanager
def up(folder: Path, *options: str, printed: list[str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run `anning up` on the data in this folder until the end of the block, from when it reports that it is up.

    Its output is appended to `printed`, line by line.
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


def client_of(folder: Path, org: str = "regulator:MIIT") -> Client:
    """A client of the running complaints service that acts for an organisation."""
    numbers = json.loads((folder / "data" / "ports.json").read_text())
    service, issuer = (f"http://127.0.0.1:{numbers[name]}" for name in ("complaints api", "sandbox"))
    return Client.of_system(service, issuer, folder / "data" / "credentials", org)


def operate(folder: Path, *command: str) -> str:
    """What a command for operators prints, without settings in its environment."""
    arguments = [sys.executable, "-m", "anning", *command, "--directory", str(folder / "data")]
    return subprocess.run(arguments, env=bare(folder), cwd=ROOT, capture_output=True, text=True, check=True).stdout


def complaint_ids(client: Client) -> Sequence[str]:
    return [each["id"] for each in client.pages("/complaints")]


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


def test_up_prints_what_operators_need_and_complaints_survive_the_end_of_the_command(tmp_path: Path) -> None:
    lines: list[str] = []
    with up(tmp_path, printed=lines) as process:
        kept = complaint("kept", "1069036100001", 1)
        with client_of(tmp_path, f"channel:{kept['channel']}") as channel:
            filed = channel.post("/complaints", kept)["id"]
        assert "in all" in operate(tmp_path, "outbox", "complaints")
        assert "0 dead letters" in operate(tmp_path, "dlq", "list", "ports", "complaints.complaints.v1")
        assert "0 quarantined events" in operate(tmp_path, "quarantine", "list", "complaints")
        assert "starts generation" in operate(tmp_path, "projection", "rebuild", "complaints", "filings")

        printed, directory = "".join(lines), tmp_path / "data"
        urls = re.findall(r"http://127\.0\.0\.1:\d+/docs", printed)
        assert len(urls) == len(NAMES)
        assert [httpx2.get(url, trust_env=False).status_code for url in urls] == [200] * len(NAMES)
        assert f"anning up --demo --directory {directory}" in printed

        (hint,) = re.findall(r"anning (token \S+ --directory \S+)", printed)
        headers = {"Authorization": f"Bearer {anning(tmp_path, *hint.split()).stdout.strip()}"}
        orders = httpx2.get(f"{system_over(tmp_path).url('ports')}/v1/orders", headers=headers, trust_env=False)
        assert orders.json()["items"] == []

        second = anning(tmp_path, "up", "--directory", str(directory), check=False)
        assert second.returncode == 1
        assert f"process {process.pid}" in second.stderr

        anning(tmp_path, "down", "--directory", str(directory))
        assert process.wait(PATIENCE_SECONDS) == 0
        assert left_running(tmp_path) == []
    with up(tmp_path) as process:
        with client_of(tmp_path) as client:
            assert complaint_ids(client) == [filed]
        process.kill()
        process.wait()
        # A killed command stops nothing: its child processes detect its end themselves.
        assert all_processes_end(tmp_path)


def test_of_two_systems_with_the_same_ports_one_is_up_and_names_the_process_that_ends(tmp_path: Path) -> None:
    system = system_over(tmp_path / "one")
    (tmp_path / "two" / "data").mkdir(parents=True)
    shutil.copy(system.directory / "ports.json", tmp_path / "two" / "data")
    with started(tmp_path / "one") as one, started(tmp_path / "two") as two:
        lost, won = (one, two) if ended_first(one, two) is one else (two, one)
        output = lost.communicate()[0]
        assert lost.returncode == 1
        assert "is up" not in output
        # The runner holds the port until its PostgreSQL does.
        assert re.search(r"port \d+ \(postgres\) is in use by process \d+ \(.*(anning up --directory|postgres)", output)

        for line in won.stdout or ():
            if "Ctrl-C" in line:
                break
        os.kill(child(won.pid, "anning run credit --role worker"), signal.SIGKILL)
        output = won.communicate()[0]
        assert won.returncode == 1
        assert "credit worker ended with -9:\n" in output
        assert "started" in output.partition("credit worker ended")[2]


@contextmanager
def started(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`anning up` on the data in this folder, killed at the end of the block."""
    command = [sys.executable, "-m", "anning", "up", "--directory", str(folder / "data")]
    with subprocess.Popen(
        command, env=bare(folder), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def child(pid: int, command: str) -> int:
    """The child of a process that runs a command."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        for each in (task / "children").read_text().split():
            if command in Path(f"/proc/{each}/cmdline").read_bytes().replace(b"\0", b" ").decode():
                return int(each)
    raise AssertionError(f"process {pid} has no child `{command}`")


def ended_first(*processes: subprocess.Popen[str]) -> subprocess.Popen[str]:
    """The process that ends first."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for each in processes:
            if each.poll() is not None:
                return each
        time.sleep(0.1)
    raise AssertionError("no process has ended")


def test_up_loads_the_demonstration_once_and_keeps_its_data(tmp_path: Path) -> None:
    lines: list[str] = []
    with up(tmp_path, "--demo", printed=lines) as process, client_of(tmp_path) as client:
        printed = "".join(lines)
        assert "The story of" in printed
        assert "DOES NOT HOLD" not in printed
        # The links of the story work while the system is up.
        (link, *_) = re.findall(r"http://127\.0\.0\.1:\d+/v1(/complaints/[0-9a-f-]{36})", printed)
        assert client.get(link)["state"] == "assessed"

        filed = client.get("/statistics")["filed"]
        assert not demo.load(system_over(tmp_path), Console(file=io.StringIO()))
        assert client.get("/statistics")["filed"] == filed

        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 0
        assert left_running(tmp_path) == []
