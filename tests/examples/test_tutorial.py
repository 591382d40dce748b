"""The steps of the tutorial (examples/parcels/README.md), and services of other names, in a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import sources

TUTORIAL = sources.ROOT / "examples" / "parcels" / "README.md"
STEP = re.compile(r"^```(sh|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The compiled modules come along: to compile them again takes several seconds in each process of a step.
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".anning", ".*_cache", "*.egg-info", "out")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the repository that uses the installed packages of this one, but its own sources."""
    folder = tmp_path / "anning"
    shutil.copytree(sources.ROOT, folder, ignore=LEFT_OUT)
    (folder / ".venv").symlink_to(sources.ROOT / ".venv")
    return folder


def files_in(folder: Path) -> Iterator[Path]:
    """The files of a copy, without compiled modules."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return (path for path in files if not {".venv", "__pycache__"} & set(path.parts))


def without(folder: Path, service: str) -> None:
    """Skip the test where this checkout has the service already: its developer has followed the same steps."""
    if (folder / "services" / service).exists():
        pytest.skip(f"services/{service} exists in this checkout")


def execute(folder: Path, kind: str, step: str) -> None:
    """Run the commands of a step, or apply its changes."""
    # The packages are installed already: make must not compare its stamp with that of another checkout.
    # No process beside that of pytest: the tests of a service are few, and the cores have other tests to run.
    commands = re.sub(r"^make ", "make DEV= STANDALONE= PROCESSES=0 ", step, flags=re.MULTILINE)
    command, given = (["bash", "-e", "-c", commands], None) if kind == "sh" else (["git", "apply", "-"], step)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MAKE"))}
    done = subprocess.run(
        command,
        input=given,
        cwd=folder,
        env=environment | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{step}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


@pytest.mark.timeout(600)
def test_every_step_of_the_tutorial_works(copy: Path) -> None:
    without(copy, "sample")
    steps = STEP.findall(TUTORIAL.read_text(encoding="utf-8"))
    assert [kind for kind, _ in steps] == ["sh", "sh", "diff", "sh", "sh"]
    for kind, step in steps:
        execute(copy, kind, step)
    (migration,) = (copy / "services/sample/migrations/versions").glob("0002_*.py")
    assert "weight" in migration.read_text(encoding="utf-8")


@pytest.mark.timeout(600)
def test_a_service_with_an_item_of_its_own_passes_every_check(copy: Path) -> None:
    """The example of CONTRIBUTING.md: `case` is a reserved word of SQL."""
    without(copy, "enforcement")
    execute(copy, "sh", "make service NAME=enforcement ITEM=case")
    execute(copy, "sh", "make test ARGS='tests/unit/enforcement tests/integration/enforcement'")
    execute(copy, "sh", """make test ARGS="-m 'not database' tests/architecture tests/unit/deploy\"""")


@pytest.mark.timeout(300)
def test_a_service_with_the_longest_names_keeps_the_limit_of_a_line(copy: Path) -> None:
    name, item = "y" * 20, "x" * 20
    folders = f"contracts services/{name} tests/unit/{name} tests/integration/{name}"
    for command in (
        f"-m examples.new_service {name} {item}",
        *(f"-m ruff {action} --quiet {folders}" for action in ("check --fix-only", "format", "check")),
    ):
        execute(copy, "sh", f".venv/bin/python {command}")


@pytest.mark.timeout(300)
def test_a_refused_name_leaves_the_repository_as_it_was(copy: Path) -> None:
    before = {path: path.read_bytes() for path in files_in(copy)}
    with pytest.raises(AssertionError, match="cannot be the item: the service uses the name ARRIVALS"):
        execute(copy, "sh", "make service NAME=arrivals")
    assert set(files_in(copy)) == set(before)
    assert all(path.read_bytes() == content for path, content in before.items())
