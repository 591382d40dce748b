"""The names of a new service, and the names that it cannot have because something else has them."""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from chassis.migrations.generation import mechanism_tables
from contracts.catalogue import EVENTS

EXAMPLE = Path("examples", "parcels")
TESTS = (Path("tests", "unit"), Path("tests", "integration"))
ACTS = ("send", "read", "deliver")
"""The scopes of the example, after the name of the service."""

# With more letters a line of the example becomes longer than the limit of 120 characters.
_NAME = re.compile(r"[a-z][a-z0-9]{2,19}")
_PACKAGES = ("chassis", "contracts", "anning", "services", "standalone", "sandbox", "deploy")
"""The packages whose classes have different names."""
_GENERAL = ("anning", "standalone", "deploy")
"""The packages that treat all services alike: in them no string is the name of a service."""
_BUILDS = ("Makefile", "pyproject.toml", ".dockerignore", "deploy/Dockerfile", "deploy/docker-compose.yml.jinja")
_BUILT = re.compile(
    r"(?:services|anning|requirements)[/.]([a-z0-9]+)\b"  # a folder, an image, a lock
    r"|^(?:  )?(?:x-)?([a-z0-9]+)\b"  # a target of make, a key of the composition
    r"|\b([a-z0-9]+)-(?:api|worker|migrate|secrets)\b"
    r"|&([a-z]+)\b"  # an anchor
    r"|\bANNING_(?:SANDBOX_)?([A-Z]+)_(?:PORT|URL)\b",
    re.MULTILINE,
)


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
            if not _NAME.fullmatch(name):
                raise ServiceNameError(f"{name!r} is not a name: 3 to 20 small letters and digits, a letter first")
            if keyword.iskeyword(name):
                raise ServiceNameError(f"{name!r} is a word of Python")
        for name in (self.item, self.items):
            if hasattr(builtins, name):
                raise ServiceNameError(f"{name!r} is a word of Python")
        if self.items in RESERVED_WORDS:
            raise ServiceNameError(f"{self.items!r} is a word of SQL, and would be the name of a table")

    @property
    def items(self) -> str:
        """The item in the plural: its table, its topic and its routes."""
        if re.search(r"[^aeiou]y$", self.item):
            return f"{self.item[:-1]}ies"
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
            (rf"\bparcels:({'|'.join(ACTS)})\b", rf"{self.service}:\1"),
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


def singular(service: str) -> str:
    """The item of a service without another name for it: cases, boxes, companies and address become case, box, company
    and address."""
    for ending, replacement in (("ies", "y"), ("(ss|x|ch|sh)es", r"\1"), ("([^su])s", r"\1")):
        if re.search(f"{ending}$", service):
            return re.sub(f"{ending}$", replacement, service)
    return service


def check(root: Path, names: Names) -> None:
    """Raise ServiceNameError where a name is that of something else in the repository below `root`."""
    for reason in _collisions(root, names):
        raise ServiceNameError(reason)


def files_of_example(root: Path) -> Iterator[Path]:
    """The files of the example and its tests."""
    for folder in (root / EXAMPLE, *(root / tests / EXAMPLE.name for tests in TESTS)):
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)


def _collisions(root: Path, names: Names) -> Iterator[str]:
    """Why the names cannot be used, a sentence each."""
    service, item = names.service, names.item
    yield from (f"{path.relative_to(root)} exists already" for path in _folders(root, service) if path.exists())
    if re.search(rf"\b{service}:", (root / "sandbox" / "clients.yaml").read_text(encoding="utf-8")):
        yield f"{service!r} cannot be the name of a service: there are scopes {service}:… of another one"
    yield from (
        f"{service!r} cannot be the name of a service: it has a meaning in {place}"
        for place, words in _installed(root)
        if service in words
    )
    example = [path for path in files_of_example(root) if path.suffix == ".py"]
    yield from _collisions_of_item(names, _words(example))
    classes = {names.rename(name) for path in example for name in _classes(path)}
    others = {name: path for package in _PACKAGES for path in (root / package).rglob("*.py") for name in _classes(path)}
    for name in sorted(classes & others.keys() - {"Visibility"}):
        yield f"{item!r} cannot be the item: {others[name].relative_to(root)} has a class {name} already"
    for name in sorted(_published(root, names) & EVENTS.keys()):
        yield f"{item!r} cannot be the item: there is an event {name} of {EVENTS[name].topic} already"


def _collisions_of_item(names: Names, words: set[str]) -> Iterator[str]:
    own = {word for word in words if EXAMPLE.name[:-1] in word.lower()}
    for name in sorted({names.rename(word) for word in own} & (words - own)):
        yield f"{names.item!r} cannot be the item: the service uses the name {name} for something else"
    if names.items in mechanism_tables().tables:
        yield f"{names.item!r} cannot be the item: every service has a table {names.items} already"


def _folders(root: Path, service: str) -> Iterator[Path]:
    """What the new service has for itself."""
    yield root / "services" / service
    yield root / "contracts" / f"{service}.py"
    yield root / "contracts" / service
    yield root / "contracts" / "examples" / "records" / f"{service}.py"
    yield root / "requirements" / f"{service}.lock"
    yield from (root / tests / service for tests in TESTS)


def _installed(root: Path) -> Iterator[tuple[str, set[str]]]:
    """The words that files which build, install or start services give a meaning, by file."""
    for name in _BUILDS:
        found = _BUILT.findall((root / name).read_text(encoding="utf-8"))
        yield name, {word.lower() for words in found for word in words if word}
    for path in (path for package in _GENERAL for path in sorted((root / package).rglob("*.py"))):
        strings = (each for each in _strings(path) if re.fullmatch(r"(services[./])?\w+([ -]\w+)?", each))
        yield str(path.relative_to(root)), {re.split("[ -]", each.rpartition(".")[2])[0] for each in strings}


def _published(root: Path, names: Names) -> set[str]:
    """The event types of the new service."""
    topics = msgspec.yaml.decode(names.rename((root / EXAMPLE / "topics.yaml").read_text(encoding="utf-8")))
    return {type for topic in topics.values() for type in topic["events"]}


def _words(files: Iterable[Path]) -> set[str]:
    """The identifiers of Python files, and the words of strings without blanks: names of tables, columns, routes."""
    words: set[str] = set()
    for path in files:
        tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
        words.update(each.string for each in tokens if each.type == tokenize.NAME)
        words.update(word for each in _strings(path) if " " not in each for word in re.findall(r"\w+", each))
    return words


def _strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _classes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
