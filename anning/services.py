"""Services by their name, loaded when they are run."""

from __future__ import annotations

from importlib import import_module

import typer

from chassis.service import Service

NAMES = ("complaints", "referrals", "ports", "credit")
"""Every service there is, in the order in which they are started."""


def load(name: str) -> Service:
    """The service of that name. Raises typer.BadParameter for one that is not there."""
    try:
        module = import_module(f"services.{name}.service")
    except ModuleNotFoundError as error:
        if error.name in {f"services.{name}", f"services.{name}.service"}:
            raise typer.BadParameter(f"there is no service {name!r} here") from error
        raise
    service: Service = module.SERVICE
    return service
