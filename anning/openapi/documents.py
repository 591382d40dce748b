"""The documents as files: those of the code, those in `docs/openapi/`, those of the last release."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from anning.openapi import compatibility
from anning.openapi.compatibility import Break, Document
from anning.services import NAMES, load
from chassis.database import Database
from chassis.http.app import create_app
from chassis.settings import Settings
from chassis.version import VERSION
from contracts.schemas.publication import published_schemas, write_changed

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "docs" / "openapi"
RELEASED = DOCUMENTS / "released"
CHANGELOG = ROOT / "CHANGELOG.md"

_UNUSED = "postgresql://unused"


class BrokenClients(Exception):
    """Clients of the last release would break. The message has one line for every break."""


def described(service: str) -> Document:
    """The document of a service, from its code."""
    settings = Settings(
        database_url=_UNUSED,
        kafka="unused",
        kafka_username="unused",
        kafka_password_file=Path("unused"),
        issuer="unused",
        jwks_url="http://unused",
    )
    document: Document = create_app(load(service), settings, Database(_UNUSED)).state.document
    return document


def unreleased(changelog: str) -> str:
    """The part of a change log about changes since the last release."""
    section = re.search(r"^## \[Unreleased\]$(.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL)
    return section[1] if section else ""


def refused(
    released: Mapping[str, Document], documents: Mapping[str, Document], changes: str, version: str
) -> list[Break]:
    """The breaks of released documents that are not allowed: before 1.0 those that `changes` does not name."""
    broken = compatibility.breaks(released, documents)
    before_1_0 = version.startswith("0.")
    return [each for each in broken if not (before_1_0 and f"`{each.operation}`" in changes)]


def write() -> list[Path]:
    """Write the documents that changed; returns them. Raises BrokenClients, and writes nothing, where clients of the
    last release would break and the change log does not say so."""
    documents = {each: described(each) for each in NAMES}
    broken = refused(published_schemas(RELEASED), documents, unreleased(CHANGELOG.read_text("utf-8")), VERSION)
    if broken:
        raise BrokenClients("\n".join(map(str, broken)))
    return write_changed(documents, DOCUMENTS)


def release() -> None:
    """Make the current documents those of the last release."""
    RELEASED.mkdir(exist_ok=True)
    for each in RELEASED.glob("*.json"):
        each.unlink()
    for each in DOCUMENTS.glob("*.json"):
        shutil.copy(each, RELEASED)
