"""The one list of services: the folders in `services/` with a `service.py`. A service is loaded when it is used.

Locks, images, docker-compose.yml, help texts, the standalone system and tests follow from this list and from the
declarations of each service (chassis.service.Service).
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

import services
from chassis.service import Service

NAMES = tuple(sorted(found.parent.name for path in services.__path__ for found in Path(path).glob("*/service.py")))
"""Every installed service: all in a checkout, one in an image."""

HELP = f"The service: {', '.join(NAMES)}."
Name = Annotated[str, typer.Argument(help=HELP)]
"""The argument of commands that act on one service."""


def load(name: str) -> Service:
    """The service of that name. Raises typer.BadParameter for an unknown one."""
    if name not in NAMES:
        raise typer.BadParameter(f"there is no service {name!r} here; there are: {', '.join(NAMES)}")
    service: Service = import_module(f"services.{name}.service").SERVICE
    return service


def load_all() -> tuple[Service, ...]:
    """Every service, in the order of NAMES."""
    return tuple(map(load, NAMES))
