"""`python -m examples.new_service NAME [ITEM]` writes a working service from the example `parcels`.

Every registration is a file that this script writes or a line that it adds: the facts in `contracts/`, their topic in
`contracts/topics.yaml`, the scopes in `sandbox/clients.yaml`. Images, docker-compose.yml, help texts and the standalone
system follow from the folder `services/NAME`.
"""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chassis.service import Service

ROOT = Path(__file__).parents[1]

_NAME = re.compile(r"[a-z][a-z0-9]{2,30}")
_FACTS, _RECORDS, _TOPICS = "facts.py", "records.py", "topics.yaml"
_TUTORIAL = "README.md"
_SCOPES = re.compile(r"^scopes:\n  regulator:\n", re.MULTILINE)


class ServiceNameError(ValueError):
    """A name that a new service cannot have."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a new service: `service` is its folder, `item` its first aggregate in the singular."""

    service: str
    item: str
    http_port: int

    def __post_init__(self) -> None:
        for name in (self.service, self.item):
            if not _NAME.fullmatch(name) or keyword.iskeyword(name):
                raise ServiceNameError(f"{name!r} is not a name: 3 to 31 small letters and digits, a letter first")

    @property
    def items(self) -> str:
        """The item in the plural: its table, its topic and its routes."""
        return f"{self.item}es" if self.item.endswith(("s", "x", "z", "ch", "sh")) else f"{self.item}s"

    def rename(self, text: str) -> str:
        """A text of the example, with the names of the new service."""
        for pattern, replacement in (
            (r"from examples\.parcels import facts\b", f"from contracts import {self.service} as facts"),
            (r"examples\.parcels\.facts\b", f"contracts.{self.service}"),
            (r"examples\.parcels\b", f"services.{self.service}"),
            (r'name="parcels"', f'name="{self.service}"'),
            (r"http_port=\d+", f"http_port={self.http_port}"),
            (r"\bparcels\.parcels\.v1", f"{self.service}.{self.items}.v1"),
            (r"\bparcels\.delivery\b", f"{self.service}.delivery"),
            (r"(owner: |consumers: \[)parcels\b", rf"\g<1>{self.service}"),
            (r"\bparcels:(send|read|deliver)\b", rf"{self.service}:\1"),
            (r"(Anning: )parcels\b", rf"\g<1>{self.service}"),
            (r"\b([Tt]he )parcels (service|database)", rf"\g<1>{self.service} \2"),
            (r"parcels", self.items),
            (r"Parcels", self.items.capitalize()),
            (r"PARCELS", self.items.upper()),
            (r"parcel", self.item),
            (r"Parcel", self.item.capitalize()),
            (r"PARCEL", self.item.upper()),
        ):
            text = re.sub(pattern, replacement, text)
        return text


def free_port(services: Sequence[Service]) -> int:
    """The HTTP port of the next service."""
    return max(service.http_port for service in services) + 1


def write_service(root: Path, names: Names) -> list[Path]:
    """Write the service below `root` and register it; returns the new and changed files.

    Raises FileExistsError, and writes nothing, where a service or a module of contracts has that name already.
    """
    files = dict(_files(root, names))
    for path in files:
        if path.exists():
            raise FileExistsError(f"{path.relative_to(root)} exists already")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    topics, clients = root / "contracts" / "topics.yaml", root / "sandbox" / "clients.yaml"
    example = root / "examples" / "parcels"
    topics.write_text(
        topics.read_text(encoding="utf-8") + names.rename((example / _TOPICS).read_text(encoding="utf-8")),
        encoding="utf-8",
    )
    scopes = "".join(f"    - {names.service}:{act}\n" for act in ("send", "read", "deliver"))
    clients.write_text(
        _SCOPES.sub(lambda match: match[0] + scopes, clients.read_text(encoding="utf-8")), encoding="utf-8"
    )
    return sorted([*files, topics, clients])


def _files(root: Path, names: Names) -> Iterator[tuple[Path, str]]:
    example = root / "examples" / "parcels"
    targets = {
        _FACTS: root / "contracts" / f"{names.service}.py",
        _RECORDS: root / "contracts" / "examples" / "records" / f"{names.service}.py",
    }
    for path in sorted(example.rglob("*")):
        relative = path.relative_to(example)
        if not path.is_file() or "__pycache__" in relative.parts or relative.name in (_TOPICS, _TUTORIAL):
            continue
        target = targets.get(relative.as_posix(), root / "services" / names.service / names.rename(str(relative)))
        yield target, names.rename(path.read_text(encoding="utf-8"))
    yield root / "services" / names.service / "README.md", _readme(names)
    for kind in ("unit", "integration"):
        for path in sorted((root / "tests" / kind / "parcels").glob("*.py")):
            target = root / "tests" / kind / names.service / names.rename(path.name)
            yield target, names.rename(path.read_text(encoding="utf-8"))


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

    service, item = (*arguments, None, None)[:2]
    try:
        names = Names(service or "", item or (service or "").removesuffix("s"), free_port(load_all()))
        written = write_service(ROOT, names)
    except (ServiceNameError, FileExistsError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.writelines(f"{path.relative_to(ROOT)}\n" for path in written)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
