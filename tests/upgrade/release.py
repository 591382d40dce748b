"""The saved data of a release: databases, topics and key ring after its demonstration."""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from chassis.broker import Broker
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue
from standalone.figures import Figures, summary

HERE = Path(__file__).parent

TOPICS, KEYS, FIGURES = "topics.ndjson.xz", "complaints.keys.json", "release.json"


@dataclass(frozen=True)
class Release:
    """The data of a release in a folder."""

    folder: Path

    @classmethod
    def newest(cls) -> Release:
        """The last release: during an upgrade its processes run side by side with those of the current code."""
        folders = [path.parent for path in HERE.glob(f"*/{FIGURES}")]
        return cls(max(folders, key=lambda folder: tuple(map(int, folder.name.split(".")))))

    @property
    def taken_at(self) -> datetime:
        """When the services of the release were stopped."""
        return datetime.fromisoformat(self._content["taken_at"])

    @property
    def figures(self) -> dict[str, Any]:
        """The figures of the demonstration at that moment, computed by the release itself."""
        figures: dict[str, Any] = self._content["figures"]
        return figures

    @property
    def imports(self) -> list[dict[str, Any]]:
        """The imports of complaint files, as the API returned them."""
        imports: list[dict[str, Any]] = self._content["imports"]
        return imports

    @property
    def services(self) -> list[str]:
        """The names of the services of the release."""
        return sorted(path.name.removesuffix(".sql.xz") for path in self.folder.glob("*.sql.xz"))

    def restore_database(self, service: str, url: str) -> None:
        """Restore the database of a service into an empty database; the role of `url` owns its tables."""
        statements = lzma.decompress((self.folder / f"{service}.sql.xz").read_bytes())
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statements)

    def restore_topics(self, broker: Broker, catalogue: Catalogue) -> None:
        """Write every record to its partition in the original order. The topics must exist."""
        producer = clients.producer(broker, "restore")
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
        """Write the key ring of complaints to a file that only the owner can read; its path."""
        path = folder / KEYS
        path.touch(mode=0o600)
        path.write_bytes((self.folder / KEYS).read_bytes())
        return path

    @property
    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / FIGURES).read_text(encoding="utf-8"))
        return content


def reconciled_figures(figures: Figures) -> tuple[dict[str, Any], list[str]]:
    """The figures of a demonstration, and the equations that do not hold."""
    document = summary(figures, 0)
    del document["seconds"]
    equations = document.pop("reconciled")
    return document, [
        f"{each['equation']}: {each['left']} ≠ {each['right']}" for each in equations if not each["holds"]
    ]
