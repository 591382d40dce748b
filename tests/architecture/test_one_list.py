"""A service is registered by its folder and by what it declares; no other place has a list of services."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from anning.services import load_all
from sandbox.settings import ISSUER_PORT
from tests.architecture import sources
from tests.architecture.sources import Source

SERVICES = load_all()
NAMES = {service.name for service in SERVICES}
PORTS = {service.name: service.http_port for service in SERVICES}

STORY = {f"standalone/{name}.py" for name in ("demo", "story", "figures", "loop")}
"""The demonstration, which acts in each service."""
GENERAL = {"anning", "standalone", "deploy"}
"""The packages that treat all services alike."""
BUILD_FILES = ("Makefile", "pyproject.toml", "deploy/Dockerfile", "deploy/docker-compose.yml.jinja", ".dockerignore")


def naming(files: Iterable[Source]) -> Iterator[str]:
    """String literals that are the name of a service, or name its folder or one of its processes."""
    name = re.compile(rf"(services[./])?({'|'.join(sorted(NAMES))})([ -](api|worker|migrate))?")
    for file in files:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and name.fullmatch(node.value):
                yield f"{file.path}:{node.lineno}: {node.value}"


def test_no_service_is_named_where_all_are_treated_alike() -> None:
    general = (each for each in sources.python() if each.path.parts[0] in GENERAL and str(each.path) not in STORY)

    assert list(naming(general)) == []


@pytest.mark.parametrize("file", BUILD_FILES)
def test_no_file_that_builds_or_installs_names_a_service(file: str) -> None:
    lines = (sources.ROOT / file).read_text(encoding="utf-8").splitlines()
    names = "|".join(sorted(NAMES))
    # `complaints` and `ports` are words too: what counts is a folder, an image, a container, an argument, a list item.
    registered = re.compile(rf"(services|anning|requirements)[/.]({names})\b|\b({names})-(api|worker)|^({names})\b")

    assert [line for line in lines if registered.search(line) and not line.startswith("#")] == []


def test_every_service_declares_a_port_of_its_own() -> None:
    declared = [*PORTS.values(), ISSUER_PORT]

    assert len(set(declared)) == len(declared)
    assert all(1024 <= port < 20_000 for port in declared), "below those that the standalone system draws from"


def test_the_readme_gives_the_declared_ports() -> None:
    readme = (sources.ROOT / "README.md").read_text(encoding="utf-8")

    assert {int(port) for port in re.findall(r"http://127\.0\.0\.1:(\d+)", readme)} <= {*PORTS.values(), ISSUER_PORT}
    for name, port in PORTS.items():
        assert f"| {name} | {port} |" in readme


@pytest.mark.parametrize(
    "broken", ['x = "complaints"', 'if service == "credit": pass', 'import_module("services.ports")', 'x = "ports api"']
)
def test_a_name_is_found(broken: str) -> None:
    assert len(list(naming([Source(sources.ROOT / "anning" / "made_up.py", broken)]))) == 1
