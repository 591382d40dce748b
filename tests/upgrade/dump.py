"""`python -m tests.upgrade.dump`: run the demonstration and keep what it leaves, for the releases that follow.

The data is made up by the sandbox. So is the key ring: it opens nothing else.
"""

from __future__ import annotations

import json
import lzma
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from anning.services import load_all
from standalone import demo, postgres
from standalone.client import Client
from standalone.figures import Figures
from standalone.processes import stop_together
from standalone.system import System
from tests.faults.topics import Topics
from tests.upgrade.release import FIGURES, HERE, KEYS, TOPICS, counted

DATABASE = ("--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=500")
"""Plain statements that every client of every later PostgreSQL can run."""


def take(system: System, folder: Path) -> None:
    """Stop the services and write down what they leave, into a new folder."""
    imports, figures = _final_figures(system)
    taken_at = datetime.now(UTC)
    stop_together(system.processes.values())
    folder.mkdir()
    for service in system.services:
        (folder / f"{service}.sql.xz").write_bytes(_packed(_database(system, service)))
    (folder / TOPICS).write_bytes(_packed("".join(f"{line}\n" for line in _records(system))))
    shutil.copyfile(system.directory / KEYS, folder / KEYS)
    content = {"taken_at": taken_at.isoformat(), "imports": imports, "figures": figures}
    (folder / FIGURES).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _final_figures(system: System) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The imports, and the figures once nothing happens any more: only the APIs still run. Raises DemoFailed."""
    with ExitStack() as stack:
        staff = {
            name: stack.enter_context(Client(system.url(name), system.issuer, system.credentials, demo.STAFF))
            for name in system.services
        }
        imports = list(staff["complaints"].pages("/complaint-imports"))
        Figures.asked(staff, imports)  # so that there are tokens when their issuer is stopped
        stop_together(process for name, process in system.processes.items() if not name.endswith(" api"))
        figures, broken = counted(Figures.asked(staff, imports))
    if broken:
        raise demo.DemoFailed(f"figures that do not agree: {'; '.join(broken)}")
    return imports, figures


def _database(system: System, service: str) -> str:
    url = system.postgres.url(f"anning_{service}", f"anning_{service}")
    dumped = subprocess.run([postgres.program("pg_dump"), *DATABASE, url], capture_output=True, text=True, check=True)
    # Commands of psql, which no other client knows.
    return re.sub(r"^\\(un)?restrict .*\n", "", dumped.stdout, flags=re.MULTILINE)


def _records(system: System) -> Iterator[str]:
    topics = Topics(system.kafka.bootstrap)
    for topic in topics.names():
        for record in topics.records(topic):
            content: dict[str, Any] = {
                "topic": topic,
                "partition": record.partition,
                "key": record.key.decode(),
                "headers": [[name, value.decode()] for name, value in record.headers],
                "value": record.value.decode(),
            }
            yield json.dumps(content, ensure_ascii=False)


def _packed(content: str) -> bytes:
    return lzma.compress(content.encode(), preset=9 | lzma.PRESET_EXTREME)


def main() -> None:
    """Take the dump of the release that the code is."""
    folder, console = HERE / version("anning"), Console(highlight=False, soft_wrap=True)
    if folder.exists():
        sys.exit(f"{folder} is there: a release is dumped once")
    with (
        tempfile.TemporaryDirectory(prefix="anning-dump-") as directory,
        System(Path(directory), load_all(), rule_packs=demo.RULE_PACKS, progress=demo.dim(console)) as system,
    ):
        demo.load(system, console)
        take(system, folder)
    console.print(f"{folder}: {sum(path.stat().st_size for path in folder.iterdir()):,} bytes")


if __name__ == "__main__":
    main()
