"""Which module may import which: the contracts of import-linter hold, and each of them detects a violation."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture import sources

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_of_the_layers_hold() -> None:
    checked = lint(sources.ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr


BREAKS = {
    "services are independent of each other": ("services/ports/__init__.py", "import services.complaints.rules_of"),
    "the chassis knows no domain": ("chassis/clock.py", "import contracts.numbers"),
    "the published language knows four modules of the chassis": ("contracts/tables.py", "import chassis.clock"),
    "services are known by name to the command line only": ("services/complaints/__init__.py", "import sandbox.office"),
    "models and policies do no I/O": ("services/ports/model/__init__.py", "import sqlalchemy"),
    "the chassis is layered": ("chassis/events/__init__.py", "import chassis.http.problems"),
    "a service is layered": ("services/credit/access.py", "import services.credit.commands"),
}


def test_every_contract_detects_a_violation(tmp_path: Path) -> None:
    for package in ("chassis", "contracts", "services"):
        shutil.copytree(sources.ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(sources.ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "services/complaints/rules_of.py").touch()
    for file, line in BREAKS.values():
        with (tmp_path / file).open("a", encoding="utf-8") as broken:
            broken.write(f"\n{line}\n")
    checked = lint(tmp_path)
    assert checked.returncode != 0
    assert set(re.findall(r"^(.+?) BROKEN", checked.stdout, re.MULTILINE)) == BREAKS.keys(), checked.stdout
