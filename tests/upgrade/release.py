"""What a release leaves: the databases, the topics and the key ring after its demonstration."""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from chassis.events import kafka as clients
from chassis.events.topics import Catalogue
from standalone.figures import Figures, summary

HERE = Path(__file__).parent

TOPICS, KEYS, FIGURES = "topics.ndjson.xz", "complaints.keys.json", "release.json"


@dataclass(frozen=True)
class Release:
    """A release, from its folder."""

    folder: Path

    @classmethod
    def newest(cls) -> Release:
        """The one before the code: its processes and those of the code run side by side during an upgrade."""
        folders = [path.parent for path in HERE.glob(f"*/{FIGURES}")]
        return cls(max(folders, key=lambda folder: tuple(map(int, folder.name.split(".")))))

    @property
    def taken_at(self) -> datetime:
        """When its services were stopped."""
        return datetime.fromisoformat(self._content["taken_at"])

    @property
    def figures(self) -> dict[str, Any]:
        """The figures of its demonstration at that moment, as it counted them."""
        figures: dict[str, Any] = self._content["figures"]
        return figures

    @property
    def imports(self) -> list[dict[str, Any]]:
        """The files of complaints that were handed in, as the API returned them."""
        imports: list[dict[str, Any]] = self._content["imports"]
        return imports

    @property
    def services(self) -> list[str]:
        """The services of the release, by name."""
        return sorted(path.name.removesuffix(".sql.xz") for path in self.folder.glob("*.sql.xz"))

    def restore_database(self, service: str, url: str) -> None:
        """Fill an empty database with that of a service."""
        statements = lzma.decompress((self.folder / f"{service}.sql.xz").read_bytes())
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statements)

    def restore_topics(self, bootstrap: str, catalogue: Catalogue) -> None:
        """Write every record to its topic, which exists, and to its partition, in the order in which it was there."""
        producer = clients.producer(bootstrap, "restore")
        try:
            for line in lzma.decompress((self.folder / TOPICS).read_bytes()).splitlines():
                record = json.loads(line)
                producer.send(
                    catalogue.physical(record["topic"]),
                    record["value"].encode(),
                    record["key"].encode(),
                    [(name, value.encode()) for name, value in record["headers"]],
                    record["partition"],
                )
            producer.flush()
        finally:
            producer.close()

    def restore_keys(self, folder: Path) -> Path:
        """The key ring of complaints, as a file that only its owner can read."""
        path = folder / KEYS
        path.touch(mode=0o600)
        path.write_bytes((self.folder / KEYS).read_bytes())
        return path

    @property
    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / FIGURES).read_text(encoding="utf-8"))
        return content


def counted(figures: Figures) -> tuple[dict[str, Any], list[str]]:
    """The figures of a demonstration, and the equations that do not hold."""
    document = summary(figures, 0)
    del document["seconds"]
    equations = document.pop("reconciled")
    return document, [
        f"{each['equation']}: {each['left']} ≠ {each['right']}" for each in equations if not each["holds"]
    ]
