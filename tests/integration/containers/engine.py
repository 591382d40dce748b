"""The command line of the container engine, and the whole system as a separate compose project."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from anning.services import NAMES
from deploy.compose import build_arguments
from standalone.client import Client
from standalone.processes import free_port

ROOT = Path(__file__).resolve().parents[3]
CREDENTIALS = "/run/anning/clients.json"
"""The credentials of clients in the sandbox's container."""

T = TypeVar("T")


class EngineFailed(Exception):
    """A command of the engine failed; the message contains its output."""


def docker(*arguments: str, env: Mapping[str, str] | None = None, timeout: float = 600) -> str:
    """The output of a command. Raises EngineFailed."""
    command = ["docker", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=timeout, env=env, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        output = f"{done.stdout[-4_000:]}\n{done.stderr[-8_000:]}".strip()
        raise EngineFailed(f"{' '.join(command)} ended with {done.returncode}:\n{output}")
    return done.stdout


@cache
def build(name: str) -> str:
    """Build the image of a service, or of another stage of deploy/Dockerfile. Returns the name of the image."""
    image = f"anning/{name}"
    arguments = build_arguments(name) if name in NAMES else {}
    docker(
        *("build", "--quiet", "--file", str(ROOT / "deploy" / "Dockerfile"), "--tag", image),
        *("--target", "service" if name in NAMES else name),
        *(part for argument, value in arguments.items() for part in ("--build-arg", f"{argument}={value}")),
        str(ROOT),
    )
    return image


def run(image: str, *command: str, entrypoint: str = "python") -> str:
    """The output of a command in a new container of an image; the container is removed. Raises EngineFailed."""
    return docker("run", "--rm", "--network", "none", "--entrypoint", entrypoint, image, *command)


def inspect(name: str) -> Any:
    """The engine's description of an image or a container."""
    return json.loads(docker("inspect", name))[0]


def within(seconds: float, query: Callable[[], T]) -> T:
    """Repeat a query until its result is true; the result. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not (answer := query()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"no result after {seconds:.0f} s")
        time.sleep(0.2)
    return answer


class Composition:
    """docker-compose.yml as a project with a unique name and free ports of this machine."""

    def __init__(self, directory: Path) -> None:
        """`directory` receives the credentials for calls from this machine."""
        self.name = f"anning-test-{secrets.token_hex(4)}"
        self.credentials = directory
        published = (*NAMES, "tokens")
        ports: set[int] = set()
        while len(ports) < len(published):
            ports.add(free_port())
        self.ports = dict(zip(published, sorted(ports), strict=True))
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("ANNING_", "COMPOSE_"))}
        self._environment = clean | {
            **{f"ANNING_{name.upper()}_PORT": str(port) for name, port in self.ports.items()},
            "ANNING_RULE_PACKS": "CN-2015,CN-2026,demo",
        }

    def __call__(self, *arguments: str) -> str:
        """The output of a command of `docker compose`. Raises EngineFailed."""
        file = str(ROOT / "docker-compose.yml")
        return docker("compose", "--project-name", self.name, "--file", file, *arguments, env=self._environment)

    def up(self, *options: str) -> None:
        """Start everything and wait until it is healthy. Raises EngineFailed with the end of the logs."""
        try:
            self("up", "--wait", *options)
        except EngineFailed as error:
            logs = self("logs", "--no-color", "--tail", "15")
            raise EngineFailed(f"{error}\n{logs[-20_000:]}") from error

    def down(self) -> None:
        """Remove everything, including data and secrets."""
        self("down", "--volumes", "--timeout", "10")

    def execute(self, service: str, *command: str) -> str:
        """The output of a command in the running container of a service. Raises EngineFailed."""
        return self("exec", "-T", service, *command)

    def containers(self) -> Iterator[Any]:
        """The engine's description of each container, ended ones included."""
        for identifier in self("ps", "--all", "--quiet").split():
            yield inspect(identifier)

    def client(self, service: str, org: str) -> Client:
        """A client of a service's API for an organisation, from this machine."""
        file = self.credentials / "clients.json"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(self.execute("sandbox", "cat", CREDENTIALS))
        return Client.of_system(self.url(service), self.url("tokens"), self.credentials, org)

    def url(self, name: str) -> str:
        """The URL of a service, or of `tokens`, from this machine."""
        return f"http://127.0.0.1:{self.ports[name]}"
