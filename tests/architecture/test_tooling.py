"""What tools outside the repository read agrees with what the project itself runs."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from chassis.version import VERSION
from sandbox import install
from sandbox.people import people
from tests.architecture import sources

CHANGELOG = (sources.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
HOOKS = yaml.safe_load((sources.ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
WORKFLOW = yaml.safe_load((sources.ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))


def test_hooks_run_the_tools_of_the_project_and_fetch_none() -> None:
    assert {repository["repo"] for repository in HOOKS} == {"local"}
    hooks = [hook for repository in HOOKS for hook in repository["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    assert all(hook["entry"].startswith(".venv/bin/") for hook in hooks)


def test_the_hooks_are_part_of_the_gate() -> None:
    makefile = (sources.ROOT / "Makefile").read_text(encoding="utf-8")
    commands = {" ".join(hook["entry"].removesuffix(" --force-exclude").split()) for hook in HOOKS[0]["hooks"]}

    assert {command for command in commands if command.replace(".venv/bin", "$(BIN)") not in makefile} == set()


def test_the_workflow_runs_the_gate_and_nothing_beside_it() -> None:
    runs = [step["run"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if "run" in step]

    assert runs == [".ci/run"]


def test_the_change_log_has_the_version_and_what_is_not_released() -> None:
    headings = re.findall(r"^## \[(.+?)\](?: - \d{4}-\d{2}-\d{2})?$", CHANGELOG, re.MULTILINE)

    assert headings[:2] == ["Unreleased", VERSION]


def test_the_clients_and_persons_in_the_readme_exist(tmp_path: Path) -> None:
    readme = (sources.ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"anning token ([A-Za-z]+-[\w-]+)", readme))

    install.into(tmp_path)
    assert named
    assert named <= {client.client_id for client in install.clients(tmp_path)} | people().keys()
