"""`python -m deploy.compose` writes docker-compose.yml from its template and the declarations of the services."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from anning.services import load_all
from chassis.roles import role_of
from chassis.service import Service
from chassis.settings import Settings
from deploy.install import ANNING_UID, POSTGRES_UID, folder_of_owner, owner_of
from sandbox.settings import ISSUER_PORT
from standalone import kafka, postgres

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docker-compose.yml"

_TEMPLATE = "docker-compose.yml.jinja"


def rendered(services: Sequence[Service]) -> str:
    """The content of docker-compose.yml for these services."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - YAML, and nothing in it comes from outside
    )
    return templates.get_template(_TEMPLATE).render(
        services=services,
        role_of=role_of,
        anning_uid=ANNING_UID,
        postgres_uid=POSTGRES_UID,
        owner_of=owner_of,
        folder_of_owner=folder_of_owner,
        build_arguments=lambda name: _flow_mapping(build_arguments(name)),
        issuer_port=ISSUER_PORT,
        rule_packs=Settings.model_fields["rule_packs"].default,
        postgres=postgres.SETTINGS,
        kafka=kafka.SETTINGS,
    )


def build_arguments(service: str, locks: Path = ROOT / "requirements") -> dict[str, str]:
    """The build arguments of the stage `service` in deploy/Dockerfile for the image of a service."""
    has_own_lock = (locks / f"{service}.lock").exists()
    return {"SERVICE": service} | ({"LOCK": service} if has_own_lock else {})


def _flow_mapping(values: dict[str, str]) -> str:
    return f"{{{', '.join(f'{name}: {value}' for name, value in values.items())}}}"


if __name__ == "__main__":
    FILE.write_text(rendered(load_all()), encoding="utf-8")
