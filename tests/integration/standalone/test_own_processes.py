"""A process is ready when it answers itself: not when another process answers at its port."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from standalone import addresses, kafka, port_owner, postgres
from standalone.kafka import EmbeddedKafka
from standalone.postgres import EmbeddedPostgres
from standalone.processes import Process, ProcessFailed, accepts, answers, check_running, claim, free_port, progress
from tests.parts.protocols import Kafka, Postgres

SERVER = """
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

port, status, run_id, body = sys.argv[1:]

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(status))
        self.send_header("Run-Id", run_id)
        self.end_headers()
        self.wfile.write(body.encode())

HTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
"""


@contextmanager
def serving(port: int, *, status: int = 200, run_id: str = "theirs", body: str = "{}") -> Iterator[int]:
    """Another process that answers at this port; its process id."""
    with subprocess.Popen([sys.executable, "-c", SERVER, str(port), str(status), run_id, body]) as process:
        try:
            while not accepts(port):
                assert process.poll() is None
            yield process.pid
        finally:
            process.kill()


@pytest.fixture
def port() -> int:
    return free_port()


def test_another_process_at_the_port_is_not_the_own_one(port: int) -> None:
    url = f"http://127.0.0.1:{port}/readyz"
    with serving(port):
        assert answers(url)
        assert answers(url, run_id="theirs")
        assert not answers(url, run_id="ours")


def test_a_process_is_not_started_at_a_used_port_and_the_error_names_the_owner(tmp_path: Path, port: int) -> None:
    process = Process("complaints api", [sys.executable, "-c", ""], log=tmp_path / "log", ports=[port])
    with (
        serving(port) as owner,
        pytest.raises(
            ProcessFailed, match=rf"complaints api was not started: port {port} .* process {owner} \(.*, in /"
        ),
    ):
        process.launch()
    assert process.pid is None


def test_a_process_that_loses_its_port_during_its_start_is_reported_with_the_owner_and_its_log(
    tmp_path: Path, port: int
) -> None:
    url = f"http://127.0.0.1:{port}/readyz"
    # It ends as a server does that cannot bind its port.
    wait = "import pathlib, sys, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.01)\nsys.exit('cannot bind')"
    ready = partial(answers, url, run_id="ours")
    process = Process(
        "ports api", [sys.executable, "-c", wait], log=tmp_path / "log", ports=[port], ready=ready, cwd=tmp_path
    )
    process.launch()
    with serving(port) as owner:
        (tmp_path / "go").touch()
        with pytest.raises(ProcessFailed, match=rf"ports api ended with 1; port {port} .* process {owner} .*\ncannot"):
            process.wait_ready(30)


def test_every_ended_process_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    ends = [
        Process(name, [sys.executable, "-c", f"exit('no {name}')"], log=tmp_path / name) for name in ("ports", "credit")
    ]
    runs = Process("runs", [sys.executable, "-c", "import time; time.sleep(600)"], log=tmp_path / "runs")
    for each in (*ends, runs):
        each.launch()
    for each in ends:
        each.wait(10)
    with pytest.raises(ProcessFailed) as failed:
        check_running([*ends, runs])
    assert str(failed.value) == "ports ended with 1:\nno ports\ncredit ended with 1:\nno credit"
    with pytest.raises(ProcessFailed, match="credit ended with 1"):
        Process("last", [], log=None, ready=lambda: False).wait_ready(30, others=ends)
    # Its end was requested: it is no failure.
    runs.kill()
    check_running([runs])


def test_the_wait_for_a_process_lasts_as_long_as_it_makes_progress(tmp_path: Path) -> None:
    done = iter(range(1_000))
    process = Process(
        "worker",
        [sys.executable, "-c", "import time; time.sleep(600)"],
        log=tmp_path / "log",
        ready=lambda: next(done) >= 40,
        progress=lambda: next(done),
    )
    process.start(timeout=0.3)  # 20 checks, up to 0.1 s apart
    process.kill()

    stuck = Process("worker", process._command, log=tmp_path / "log", ready=lambda: False, progress=lambda: 7)
    with pytest.raises(ProcessFailed, match="worker was not ready after 0 s without progress"):
        stuck.start(timeout=0.3)


def test_only_the_progress_of_the_own_process_counts(port: int) -> None:
    url = f"http://127.0.0.1:{port}/readyz"
    body = json.dumps({"progress": {"projection a": {"applied": 3, "total": 9}, "b": {"applied": 4, "total": 4}}})
    with serving(port, status=503, body=body):
        assert progress(url, run_id="theirs") == 7
        assert progress(url, run_id="ours") == 0
    assert progress(url, run_id="theirs") == 0


def test_a_claimed_port_belongs_to_one_process(tmp_path: Path) -> None:
    port = free_port()
    assert claim(port)
    assert claim(port)
    program = (
        f"from pathlib import Path\nfrom standalone import addresses\n"
        f"print(addresses.assigned(Path({str(tmp_path)!r}), ['api'], {{'api': {port}}}, print))\n"
        f"addresses.take(Path({str(tmp_path)!r}), {{'api': {port}}})"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    report, numbers = other.stdout.splitlines()
    assert report.startswith(f"api uses another port: {port} is taken by {port_owner.described(port)}")
    assert str(port) not in numbers
    assert f"port {port} (api) is in use by process" in other.stderr


def test_all_used_ports_of_a_system_are_named_with_their_owners(tmp_path: Path) -> None:
    numbers = {"postgres": free_port(), "kafka": free_port(), "sandbox": free_port()}
    with serving(numbers["kafka"]) as one, serving(numbers["sandbox"]) as two, pytest.raises(ProcessFailed) as failed:
        addresses.take(tmp_path, numbers)
    first, second, hint = str(failed.value).splitlines()
    assert first.startswith(f"port {numbers['kafka']} (kafka) is in use by process {one} (")
    assert second.startswith(f"port {numbers['sandbox']} (sandbox) is in use by process {two} (")
    assert str(tmp_path / "ports.json") in hint


def test_a_postgres_recognises_only_its_own_server(postgres_part: EmbeddedPostgres, tmp_path: Path) -> None:
    assert postgres_part.answers()
    assert postgres.answers(postgres_part.url())
    assert not postgres.answers(postgres_part.url(), "another")
    second = EmbeddedPostgres(tmp_path, postgres_part.port)
    with pytest.raises(ProcessFailed, match=rf"PostgreSQL was not started: port {postgres_part.port} is in use by "):
        second.start()


def test_a_kafka_recognises_only_its_own_broker(kafka_part: EmbeddedKafka, tmp_path: Path) -> None:
    assert kafka_part.answers()
    assert kafka.answers("127.0.0.1", kafka_part.port)
    second = EmbeddedKafka(tmp_path, kafka_part.port)
    assert not second.answers()
    with pytest.raises(ProcessFailed, match=rf"Kafka was not started: port {kafka_part.port} is in use by process"):
        second.start()


@pytest.fixture
def postgres_part(postgres: Postgres) -> EmbeddedPostgres:
    if not isinstance(postgres, EmbeddedPostgres):
        pytest.skip("a container has its own ports")
    return postgres


@pytest.fixture
def kafka_part(kafka: Kafka) -> EmbeddedKafka:
    if not isinstance(kafka, EmbeddedKafka):
        pytest.skip("a container has its own ports")
    return kafka
