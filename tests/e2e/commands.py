"""The commands of a newcomer, run as from a terminal, and what they leave behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

PATIENCE_SECONDS = 300


def bare(folder: Path) -> dict[str, str]:
    """An environment with next to nothing in it. By its folder for what is temporary one finds every process."""
    return {"PATH": os.defpath, "HOME": os.environ["HOME"], "TMPDIR": str(folder)}


def left_running(folder: Path) -> list[str]:
    """The processes that work in this folder, were told of it, or inherited it."""
    mark, found = str(folder).encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            told += os.fsencode((process / "cwd").readlink())
        except OSError:  # ended meanwhile, or none of ours
            continue
        if mark in told and int(process.name) != os.getpid():
            found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


def soon_nothing_is_left_running(folder: Path) -> bool:
    """Whether what is told to end has ended."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while left_running(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not left_running(folder)
