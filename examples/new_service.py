"""`python -m examples.new_service NAME [ITEM]` writes a working service from the example `parcels`.

Every registration is a file that this script writes or a line that it adds: the facts in `contracts/`, their topic in
`contracts/topics.yaml`, the scopes in `sandbox/clients.yaml`, the port in `README.md`. Images, docker-compose.yml, help
texts and the standalone system follow from the folder `services/NAME`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from chassis.service import Service
from examples.names import ACTS, EXAMPLE, TESTS, Names, ServiceNameError, check, files_of_example, singular
from sandbox.settings import ISSUER_PORT

ROOT = Path(__file__).parents[1]

_FACTS, _RECORDS, _TOPICS = "facts.py", "records.py", "topics.yaml"
_TUTORIAL = "README.md"
_SCOPES = re.compile(r"^scopes:\n  regulator:\n", re.MULTILINE)
_ISSUER_ROW = re.compile(r"^\| tokens \|", re.MULTILINE)


def free_port(services: Sequence[Service]) -> int:
    """The HTTP port of the next service: no other service and not the token issuer listens at it."""
    port = max(service.http_port for service in services) + 1
    return port + 1 if port == ISSUER_PORT else port


def write_service(root: Path, names: Names) -> list[Path]:
    """Write the service below `root` and register it; returns the new and changed files.

    Raises ServiceNameError, and writes nothing, where something else has one of the names.
    """
    check(root, names)
    new = dict(_files(root, names))
    for path, text in new.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    changed = dict(_registrations(root, names))
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8")
    return sorted([*new, *changed])


def _registrations(root: Path, names: Names) -> Iterator[tuple[Path, str]]:
    """The files that get lines for the new service: topics, scopes, and the table of ports in the README."""
    topics, clients, readme = root / "contracts/topics.yaml", root / "sandbox/clients.yaml", root / "README.md"
    topic = names.rename((root / EXAMPLE / _TOPICS).read_text(encoding="utf-8"))
    yield topics, topics.read_text(encoding="utf-8") + topic
    scopes = "".join(f"    - {names.service}:{act}\n" for act in ACTS)
    yield clients, _SCOPES.sub(lambda match: match[0] + scopes, clients.read_text(encoding="utf-8"))
    row = f"| {names.service} | {names.http_port} |\n"
    yield readme, _ISSUER_ROW.sub(lambda match: row + match[0], readme.read_text(encoding="utf-8"))


def _files(root: Path, names: Names) -> Iterator[tuple[Path, str]]:
    """The files of the new service, each made from one of the example, and its README."""
    service = root / "services" / names.service
    folders = {root / EXAMPLE: service}
    folders |= {root / tests / EXAMPLE.name: root / tests / names.service for tests in TESTS}
    targets = {
        root / EXAMPLE / _FACTS: root / "contracts" / f"{names.service}.py",
        root / EXAMPLE / _RECORDS: root / "contracts" / "examples" / "records" / f"{names.service}.py",
    }
    for path in files_of_example(root):
        if path.name not in (_TOPICS, _TUTORIAL):
            source = next(folder for folder in folders if folder in path.parents)
            target = targets.get(path, folders[source] / names.rename(str(path.relative_to(source))))
            yield target, names.rename(path.read_text(encoding="utf-8"))
    yield service / "README.md", _readme(names)


def _readme(names: Names) -> str:
    return (
        f"# {names.service}\n\n"
        f"Owns {names.items}: sent, delivered, or overdue.\n\n"
        "| | |\n| --- | --- |\n"
        f"| publishes | `{names.service}.{names.items}.v1` |\n"
        f"| consumes | `{names.service}.{names.items}.v1` |\n"
        f"| tables | `{names.items}`, `arrivals` |\n"
        f"| acts | send, deliver |\n"
        f"| deadlines | `{names.service}.delivery` in `rules.yaml` |\n"
    )


def main(arguments: list[str]) -> int:
    """Write the service that the arguments name; 2 for names that it cannot have."""
    from anning.services import load_all

    service, item = (*arguments, "", "")[:2]
    try:
        names = Names(service, item or singular(service), free_port(load_all()))
        written = write_service(ROOT, names)
    except ServiceNameError as error:
        sys.stderr.write(f"{error}. Nothing is written. Choose other names: make service NAME=x ITEM=y\n")
        return 2
    sys.stdout.writelines(f"{path.relative_to(ROOT)}\n" for path in written)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
