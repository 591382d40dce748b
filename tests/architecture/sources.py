"""The files of the repository, found by walking it, so that an unpacked archive is checked like a checkout."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Source:
    """A text file of the repository."""

    path: Path
    text: str

    @property
    def tree(self) -> ast.Module:
        """The syntax tree of a Python file, which many tests read and none changes."""
        return _parsed(self)


@cache
def _parsed(source: Source) -> ast.Module:
    return ast.parse(source.text, str(source.path))


@cache
def texts() -> tuple[Source, ...]:
    """Every text file, sorted."""
    return tuple(sorted(_texts(), key=lambda each: each.path))


@cache
def python() -> tuple[Source, ...]:
    """Every Python file, sorted."""
    return tuple(each for each in texts() if each.path.suffix == ".py")


@cache
def services() -> tuple[str, ...]:
    """The names of the services."""
    return tuple(sorted(path.parent.name for path in (ROOT / "services").glob("*/service.py")))


def _texts() -> Iterator[Source]:
    ignored = [line.strip() for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines() if line.strip()]
    for folder, folders, files in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        folders[:] = [each for each in folders if each != ".git" and not _matches(here / each, ignored)]
        for name in files:
            try:
                text = (ROOT / here / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
            # In a worktree .git is a file with the path of the repository.
            if name != ".git":
                yield Source(here / name, text)


def _matches(folder: Path, patterns: list[str]) -> bool:
    """Whether .gitignore matches the folder: by its name, or by its path where the pattern has one."""
    for pattern in (each.rstrip("/") for each in patterns):
        if fnmatch(str(folder) if "/" in pattern else folder.name, pattern.lstrip("/")):
            return True
    return False


def words(name: str) -> set[str]:
    """The words of a name in lower case, the same for `OutboxRelay`, `outbox_relay` and `outbox-relay`."""
    return {each.lower() for each in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}
