"""At most one system runs in a directory, and its process is known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from standalone import running
from standalone.running import AlreadyRunning, Runner, sole_runner

PROGRAM = """
import sys, time
from pathlib import Path
from standalone.kept import until_interrupted
from standalone.running import sole_runner

with sole_runner(Path(sys.argv[1]), "up"), until_interrupted():
    print("runs", flush=True)
    time.sleep(600)
"""


@contextmanager
def second_process(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """A second process that runs a system in that directory."""
    command = [sys.executable, "-c", PROGRAM, str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "runs\n"
            yield process
        finally:
            process.kill()


def test_an_unused_directory_has_no_runner(tmp_path: Path) -> None:
    assert running.runner(tmp_path / "new") is None
    assert running.stop(tmp_path / "new") is None


def test_the_runner_is_known_while_it_runs(tmp_path: Path) -> None:
    with sole_runner(tmp_path, "infrastructure"):
        assert running.runner(tmp_path) == Runner(os.getpid(), "infrastructure")
    assert running.runner(tmp_path) is None


def test_a_runner_reports_that_its_system_is_ready(tmp_path: Path) -> None:
    with sole_runner(tmp_path, "infrastructure") as report_ready:
        report_ready()
        assert running.runner(tmp_path) == Runner(os.getpid(), "infrastructure", ready=True)
    with sole_runner(tmp_path, "infrastructure"):
        assert running.runner(tmp_path) == Runner(os.getpid(), "infrastructure")


def test_the_error_for_a_second_system_names_the_process_of_the_first(tmp_path: Path) -> None:
    with second_process(tmp_path) as process:
        assert running.runner(tmp_path) == Runner(process.pid, "up")
        with (
            pytest.raises(AlreadyRunning, match=rf"`anning up`, process {process.pid}\); `make down` stops it"),
            sole_runner(tmp_path, "up"),
        ):
            pass


def test_a_stopped_runner_ends_with_status_zero(tmp_path: Path) -> None:
    with second_process(tmp_path) as process:
        assert running.stop(tmp_path) == Runner(process.pid, "up")
        assert process.wait(10) == 0
    assert running.runner(tmp_path) is None


def test_a_killed_runner_releases_the_directory(tmp_path: Path) -> None:
    with second_process(tmp_path) as process:
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert running.runner(tmp_path) is None
        with sole_runner(tmp_path, "up"):
            assert running.runner(tmp_path) == Runner(os.getpid(), "up")
