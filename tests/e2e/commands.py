"""Helpers for tests that run commands as from a terminal and check that no process is left."""

from __future__ import annotations

import os
import time
from pathlib import Path

PATIENCE_SECONDS = 300


def bare(folder: Path) -> dict[str, str]:
    """A minimal environment, with the folder as TMPDIR. `left_running` finds every process that has it."""
    return {"PATH": os.defpath, "HOME": os.environ["HOME"], "TMPDIR": str(folder)}


def left_running(folder: Path) -> list[str]:
    """The command lines of processes that have this folder as working directory, argument or environment variable."""
    mark, found = str(folder).encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            content = command + (process / "environ").read_bytes()
            content += os.fsencode((process / "cwd").readlink())
        except OSError:  # ended meanwhile, or owned by another user
            continue
        if mark in content and int(process.name) != os.getpid():
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found


def all_processes_end(folder: Path) -> bool:
    """Whether all processes of the folder end within the time limit."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while left_running(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not left_running(folder)
