"""At most one system runs in a directory: a lock, released at the end of its process, names that process."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

_FILE = "running.json"
_PATIENCE_SECONDS = 1.0


class AlreadyRunning(Exception):
    """Another process runs a system in the directory. The message names the process and how to stop it."""


@dataclass(frozen=True)
class Runner:
    """The process that runs a system in a directory, its command (`up`, `infrastructure`), and whether it has reported
    that the system is ready."""

    pid: int
    command: str
    ready: bool = False


def runner(directory: Path) -> Runner | None:
    """The process that runs a system in that directory, or None. Raises AlreadyRunning for an unknown process."""
    file = directory / _FILE
    if not file.exists():
        return None
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with file.open() as opened:
            if _locked(opened, fcntl.LOCK_SH):
                return None
            content = opened.read()
        if content:
            return Runner(**json.loads(content))
        # A process that has just taken the lock has not written its name yet.
        time.sleep(0.01)
    raise AlreadyRunning(f"{file} is locked, but it names no process")


@contextmanager
def sole_runner(directory: Path, command: str) -> Iterator[Callable[[], None]]:
    """Allow only this process to run a system in that directory. Yields the function that reports that the system is
    ready. Raises AlreadyRunning."""

    def write(runner: Runner) -> None:
        file.truncate(0)
        json.dump(asdict(runner), file)
        file.flush()

    directory.mkdir(parents=True, exist_ok=True)
    with (directory / _FILE).open("a+") as file:
        # A process that only reads the lock holds it for a moment.
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _locked(file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise AlreadyRunning(_described(directory))
            time.sleep(0.01)
        write(Runner(os.getpid(), command))
        try:
            yield lambda: write(Runner(os.getpid(), command, ready=True))
        finally:
            file.truncate(0)


def stop(directory: Path, timeout: float = 120) -> Runner | None:
    """Stop the system in that directory and wait for its end. Returns its process, None if none was running.

    Raises TimeoutError.
    """
    found = runner(directory)
    if found is None:
        return None
    os.kill(found.pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while (now := runner(directory)) is not None and now.pid == found.pid:
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {found.pid} did not stop within {timeout:.0f} s")
        time.sleep(0.1)
    return found


def _described(directory: Path) -> str:
    found = runner(directory)
    by = f"`anning {found.command}`, process {found.pid}" if found else "another process"
    return f"a system runs in {directory} already ({by}); `make down` stops it"


def _locked(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
