"""The settings of a process: environment variables with the prefix ANNING_.

Secrets have no default: a process without a key ring, a token issuer or a database does not start.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from chassis.broker import Broker

_PREFIX = "ANNING_"


def _networks(value: object) -> object:
    return tuple(map(str.strip, filter(None, value.split(",")))) if isinstance(value, str) else value


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]
"""Addresses and networks, comma-separated: 192.0.2.7, 2001:db8::/32."""


class SettingsError(Exception):
    """The settings are incomplete or invalid. The message, in one line, names each variable and what is expected."""


class Settings(BaseSettings):
    """The settings of one process of one service."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="ignore")

    database_url: str = Field(description="postgresql://role:password@host:port/database of this service")
    owner_database_url: str | None = Field(
        default=None, description="the same for the role that owns the database; only `anning migrate` needs it"
    )
    kafka: str = Field(description="bootstrap servers, host:port, comma-separated")
    kafka_username: str = Field(description="user of the service at the broker (SCRAM-SHA-512)")
    kafka_password_file: Path = Field(description="file with the password of that user (0600)")
    kafka_ca_file: Path | None = Field(
        default=None, description="certificates (PEM) that may sign the broker's; without it the connection has no TLS"
    )
    topic_prefix: str = Field(default="", description="prefix of every topic and group, for shared clusters")
    topics_file: Path = Field(default=Path("contracts/topics.yaml"), description="the catalogue of topics")
    issuer: str = Field(description="`iss` that tokens must carry (RFC 9068)")
    audience: str = Field(default="anning", description="`aud` that tokens must carry")
    jwks_url: str = Field(description="address of the issuer's keys (RFC 7517)")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, description="port of the API")
    monitoring_host: str = "127.0.0.1"
    monitoring_port: int = Field(default=8100, description="port of the health in detail and the metrics of a process")
    instance: str = Field(
        default_factory=socket.gethostname,
        description="identifies a replica of a role; stable across restarts",
    )
    proxies: Networks = Field(
        default=(),
        description="addresses and networks of proxies whose header Forwarded names the client, comma-separated",
    )
    run_id: str | None = Field(
        default=None, description="`/readyz` repeats it, so that the starter of a process recognises it"
    )
    rule_packs: str = Field(default="CN-2015,CN-2026", description="packs of rules in force; a later one wins")
    keys_file: Path | None = Field(default=None, description="key ring of a service that stores personal data (0600)")
    log_level: str = "INFO"
    log_format: str = Field(default="json", pattern="^(json|console)$")
    database_pool: int = Field(default=10, ge=1, le=100, description="maximum of connections of a process")
    failure_limit: int = Field(
        default=100, ge=1, description="failing records among the last `failure_window` of a partition that block it"
    )
    failure_window: int = Field(default=10_000, ge=1, description="records of a partition, for `failure_limit`")
    relay_poll_seconds: float = Field(
        default=1.0, gt=0, le=2, description="polling is authoritative; NOTIFY shortens the delay to milliseconds"
    )

    @property
    def broker(self) -> Broker:
        """The broker, with the user of this process."""
        return Broker(self.kafka, self.kafka_username, self.kafka_password_file, self.kafka_ca_file)


def load(fallback: Mapping[str, str] | None = None) -> Settings:
    """The settings of the environment; the variables of `fallback` apply where it has none. Raises SettingsError."""
    further = {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in (fallback or {}).items()
        if name.startswith(_PREFIX) and name not in os.environ
    }
    try:
        return Settings(**further)  # type: ignore[arg-type]  # it parses the texts, as those of the environment
    except ValidationError as error:
        raise SettingsError("; ".join(_described(error))) from None


def _described(error: ValidationError) -> Iterator[str]:
    wrong = {str(each["loc"][0]): each["type"] == "missing" for each in error.errors()}
    missing = [_PREFIX + name.upper() for name, is_missing in wrong.items() if is_missing]
    if missing:
        yield f"not set: {', '.join(missing)}"
    for name, is_missing in wrong.items():
        if not is_missing:
            expected = Settings.model_fields[name].description or "chassis/settings.py lists the settings"
            yield f"{_PREFIX}{name.upper()} is invalid ({expected})"
