"""What a process is told from outside: environment variables with the prefix ANNING_.

Nothing secret has a default: a process that lacks a key, a token issuer or a database does not start.
"""

from __future__ import annotations

import socket
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One process of one service."""

    model_config = SettingsConfigDict(env_prefix="ANNING_", extra="ignore")

    database_url: str = Field(description="postgresql://role:password@host:port/database of this service")
    kafka: str = Field(description="bootstrap servers, host:port, comma-separated")
    topic_prefix: str = Field(default="", description="put before every topic and group, where clusters are shared")
    topics_file: Path = Field(default=Path("contracts/topics.yaml"), description="the catalogue of topics")
    issuer: str = Field(description="`iss` that tokens must carry (RFC 9068)")
    audience: str = Field(default="anning", description="`aud` that tokens must carry")
    jwks_url: str = Field(description="where the issuer publishes its keys (RFC 7517)")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, description="the API, or the health and metrics of a worker")
    instance: str = Field(
        default_factory=socket.gethostname, description="tells replicas of one role apart; stable across restarts"
    )
    rule_packs: str = Field(default="CN-2015,CN-2026", description="packs of rules in force; a later one wins")
    keys_file: Path | None = Field(default=None, description="key ring of a service that holds personal data (0600)")
    log_level: str = "INFO"
    log_format: str = Field(default="json", pattern="^(json|console)$")
    database_pool: int = Field(default=10, ge=1, le=100, description="connections a process keeps at most")
    relay_poll_seconds: float = Field(default=0.2, gt=0, le=2, description="polling is the truth; NOTIFY only hastens")
