"""The settings of the sandbox: environment variables with the prefix ANNING_SANDBOX_."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.settings import Networks

ISSUER_PORT = 8009
"""The port of the token issuer where the whole system runs on one machine."""

_PORTS = {"http": 80, "https": 443}


class SandboxSettings(BaseSettings):
    """One process: the token issuer, carriers with a configured ports service, authorities with a configured
    referrals."""

    model_config = SettingsConfigDict(env_prefix="ANNING_SANDBOX_", extra="ignore")

    directory: Path = Field(description="the folder of the key and the clients")
    issuer: str = Field(description="the issuer's address for clients and services: http://host:port")
    audience: str = Field("anning", description="`aud` of the tokens")
    host: str = "127.0.0.1"
    port: int | None = Field(None, description="the port at which the issuer listens, if it differs from its address")
    proxies: Networks = Field(
        (), description="addresses and networks of proxies whose header Forwarded names the client, comma-separated"
    )
    rule_packs: str = Field("CN-2015,CN-2026", description="packs of rules in force; a later one wins")
    run_id: str | None = Field(None, description="`/readyz` repeats it, so that the starter recognises this process")
    ports_url: str | None = Field(None, description="the API of the ports service; without it no carrier runs")
    referrals_url: str | None = Field(
        None, description="the API of the referrals service; without it no authority runs"
    )
    token_url: str | None = Field(None, description="the issuer's address for carriers and authorities, if it differs")
    carriers: str = Field(
        "", description="the running carriers, comma-separated; empty: all with a configured behaviour"
    )
    authorities: str = Field("", description="the running authorities; as for carriers")
    behaviour_file: Path | None = Field(None, description="their behaviour, instead of the default")
    book_file: Path | None = Field(
        None, description="the carriers' knowledge of unfiled numbers; the file may appear later"
    )
    threads: int = Field(2, ge=1, le=32, description="the number of concurrent acts of each organisation")
    log_level: str = "INFO"
    log_format: str = Field("console", pattern="^(json|console)$")

    @property
    def listens_at(self) -> int:
        """The port of the issuer."""
        parts = urlsplit(self.issuer)
        return self.port or parts.port or _PORTS.get(parts.scheme, 80)

    def running_carriers(self, known: Collection[str]) -> list[str]:
        """The running carriers, of those with a configured behaviour. Raises ValueError for one without."""
        return _named(self.carriers, known)

    def running_authorities(self, known: Collection[str]) -> list[str]:
        """The running authorities, of those with a configured behaviour. Raises ValueError for one without."""
        return _named(self.authorities, known)


def _named(codes: str, known: Collection[str]) -> list[str]:
    wanted = [each.strip() for each in codes.split(",") if each.strip()] or list(known)
    unknown = [each for each in wanted if each not in known]
    if unknown:
        raise ValueError(f"no behaviour is configured for {', '.join(unknown)}")
    return wanted
