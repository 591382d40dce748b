"""The settings of the sandbox: environment variables with the prefix ANNING_SANDBOX_."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ISSUER_PORT = 8009
"""The port of the token issuer where the whole system runs on one machine."""

_PORTS = {"http": 80, "https": 443}


class SandboxSettings(BaseSettings):
    """One process: the token issuer, carriers with a configured ports service, authorities with a configured
    referrals."""

    model_config = SettingsConfigDict(env_prefix="ANNING_SANDBOX_", extra="ignore")

    directory: Path = Field(description="where the key and the clients were installed")
    issuer: str = Field(description="the issuer's address as clients and services see it: http://host:port")
    audience: str = Field("anning", description="`aud` of the tokens")
    host: str = "127.0.0.1"
    port: int | None = Field(None, description="where the issuer listens, if not at the port in its address")
    ports_url: str | None = Field(None, description="the API of the ports service; without it no carrier is at work")
    referrals_url: str | None = Field(
        None, description="the API of the referrals service; without it no authority is at work"
    )
    token_url: str | None = Field(None, description="where these reach the issuer, if not at its address")
    carriers: str = Field("", description="which carriers are at work, comma-separated; empty: all that have habits")
    authorities: str = Field("", description="which authorities are at work; as for carriers")
    behaviour_file: Path | None = Field(None, description="how they behave, in place of what ships")
    book_file: Path | None = Field(None, description="what carriers know of numbers are unfiled; may come later")
    threads: int = Field(2, ge=1, le=32, description="how many things each does at the same time")
    log_level: str = "INFO"
    log_format: str = Field("console", pattern="^(json|console)$")

    @property
    def listens_at(self) -> int:
        """The port of the issuer."""
        parts = urlsplit(self.issuer)
        return self.port or parts.port or _PORTS.get(parts.scheme, 80)

    def carriers_at_work(self, known: Collection[str]) -> list[str]:
        """The running carriers, of those with a configured behaviour. Raises ValueError for one without."""
        return _named(self.carriers, known)

    def authorities_at_work(self, known: Collection[str]) -> list[str]:
        """The running authorities, of those with a configured behaviour. Raises ValueError for one without."""
        return _named(self.authorities, known)


def _named(codes: str, known: Collection[str]) -> list[str]:
    wanted = [each.strip() for each in codes.split(",") if each.strip()] or list(known)
    strangers = [each for each in wanted if each not in known]
    if strangers:
        raise ValueError(f"nothing is said of how {', '.join(strangers)} behaves")
    return wanted
