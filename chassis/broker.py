"""How a process reaches the broker, and as which of its users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SCRAM = "SCRAM-SHA-512"
"""RFC 5802 with SHA-512: the password does not cross the connection."""


@dataclass(frozen=True, slots=True)
class Broker:
    """The addresses of a broker, and a user with the file of its password."""

    servers: str
    """host:port, comma-separated."""
    user: str
    password_file: Path
    ca_file: Path | None = None
    """The certificates (PEM) that may sign the broker's; None: the connection has no TLS."""
    mechanism: str = SCRAM

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Broker:
        """The broker that environment variables name. Raises KeyError for a missing one."""
        ca_file = variables.get("ANNING_KAFKA_CA_FILE")
        return cls(
            variables["ANNING_KAFKA"],
            variables["ANNING_KAFKA_USERNAME"],
            Path(variables["ANNING_KAFKA_PASSWORD_FILE"]),
            Path(ca_file) if ca_file else None,
        )

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of a process that uses it."""
        named = {
            "ANNING_KAFKA": self.servers,
            "ANNING_KAFKA_USERNAME": self.user,
            "ANNING_KAFKA_PASSWORD_FILE": str(self.password_file),
        }
        return named if self.ca_file is None else named | {"ANNING_KAFKA_CA_FILE": str(self.ca_file)}

    def read_password(self) -> str:
        """The password as the file has it now: a changed one applies from the next client on. Raises OSError."""
        return self.password_file.read_text(encoding="utf-8").strip()
