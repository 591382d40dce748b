"""The container engine, by its command line, and the whole system brought up with it under a name of its own."""

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
"""Where the sandbox's container has who may ask for tokens."""

T = TypeVar("T")


class EngineFailed(Exception):
    """A command of the engine failed; the message is what it said."""


def docker(*arguments: str, env: Mapping[str, str] | None = None, timeout: float = 600) -> str:
    """What a command says. Raises EngineFailed."""
    command = ["docker", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=timeout, env=env, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        said = f"{done.stdout[-4_000:]}\n{done.stderr[-8_000:]}".strip()
        raise EngineFailed(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout


@cache
def build(name: str) -> str:
    """Make the image of a service, or that of another stage of deploy/Dockerfile. Returns the name of the image."""
    image = f"anning/{name}"
    given = build_arguments(name) if name in NAMES else {}
    docker(
        *("build", "--quiet", "--file", str(ROOT / "deploy" / "Dockerfile"), "--tag", image),
        *("--target", "service" if name in NAMES else name),
        *(part for argument, value in given.items() for part in ("--build-arg", f"{argument}={value}")),
        str(ROOT),
    )
    return image


def run(image: str, *command: str, entrypoint: str = "python") -> str:
    """What a command says in a container of an image; the container is removed. Raises EngineFailed."""
    return docker("run", "--rm", "--network", "none", "--entrypoint", entrypoint, image, *command)


def inspect(thing: str) -> Any:
    """All that the engine knows of an image or a container."""
    return json.loads(docker("inspect", thing))[0]


def within(seconds: float, ask: Callable[[], T]) -> T:
    """The first answer that is something, of a question asked again and again. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing after {seconds:.0f} s")
        time.sleep(0.2)
    return answer


class Composition:
    """docker-compose.yml under a project name and at ports of this machine that nobody else has."""

    def __init__(self, directory: Path) -> None:
        """`directory` takes the credentials for calls from outside."""
        self.name = f"anning-test-{secrets.token_hex(4)}"
        self.credentials = directory
        reached = (*NAMES, "tokens")
        ports: set[int] = set()
        while len(ports) < len(reached):
            ports.add(free_port())
        self.ports = dict(zip(reached, sorted(ports), strict=True))
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("ANNING_", "COMPOSE_"))}
        self._environment = clean | {
            **{f"ANNING_{name.upper()}_PORT": str(port) for name, port in self.ports.items()},
            "ANNING_RULE_PACKS": "CN-2015,CN-2026,demo",
        }

    def __call__(self, *arguments: str) -> str:
        """What a command of `docker compose` says. Raises EngineFailed."""
        file = str(ROOT / "docker-compose.yml")
        return docker("compose", "--project-name", self.name, "--file", file, *arguments, env=self._environment)

    def up(self, *options: str) -> None:
        """Bring everything up and wait until it is healthy. Raises EngineFailed with the end of the logs."""
        try:
            self("up", "--wait", *options)
        except EngineFailed as error:
            logs = self("logs", "--no-color", "--tail", "15")
            raise EngineFailed(f"{error}\n{logs[-20_000:]}") from error

    def down(self) -> None:
        """Remove everything, with the data and the secrets."""
        self("down", "--volumes", "--timeout", "10")

    def execute(self, service: str, *command: str) -> str:
        """What a command says in a service's running container. Raises EngineFailed."""
        return self("exec", "-T", service, *command)

    def containers(self) -> Iterator[Any]:
        """All that the engine knows of each container, those that ended included."""
        for identifier in self("ps", "--all", "--quiet").split():
            yield inspect(identifier)

    def client(self, service: str, org: str) -> Client:
        """Calls to a service's API as an organisation makes them from this machine."""
        file = self.credentials / "clients.json"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(self.execute("sandbox", "cat", CREDENTIALS))
        return Client(self.url(service), self.url("tokens"), self.credentials, org)

    def url(self, what: str) -> str:
        """Where a service, or `tokens`, is to be reached from this machine."""
        return f"http://127.0.0.1:{self.ports[what]}"
