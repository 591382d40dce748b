"""Rules for every file of the repository."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.architecture import sources
from tests.architecture.sources import Source

LONGEST = 400
BASE = {"chassis", "contracts", "services"}
VAGUE = {"util", "utils", "utility", "utilities", "helper", "helpers", "manager", "managers"}
CODE = {".py", ".sql", ".sh", ".mako", ".toml", ".yaml", ".yml", ""}

# The patterns are assembled from pieces, so that they do not match this file.
_HOSTS = (
    "py" + "pi",
    "python" + "hosted",
    "npm" + "js",
    "sona" + "type",
    "jit" + "pack",
    "docker" + "hub",
    "gh" + "cr",
)
_FOLDERS = ("home/[a-z]", "Users/[A-Za-z]", "root/", "work/", "mnt/", "tmp/" + "lab")
REGISTRY = re.compile(
    rf"(?:\b|_)(?:{'|'.join(_HOSTS)})\.[a-z]{{2,4}}\b"
    rf"|\b(?:repo[0-9]?|registry[-.\w]*)\.(?:maven|docker)[.\w]*"
    rf"|\b(?:docker|quay)\.io\b"
    rf"|https?://\S*/(?:simple|{'arti' + 'factory'}|{'nex' + 'us'}|maven2)\b"
    rf"|(?:index|trusted)[-_](?:url|host)\b|find[-_]links",
    re.IGNORECASE,
)
MACHINE = re.compile(rf"(?<![\w.$}}])/(?:{'|'.join(_FOLDERS)})|\b[A-Z]:\\[A-Za-z]")
POSTPONED = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "HA" + "CK"]) + r")\b")


def lines_with(pattern: re.Pattern[str], files: Iterable[Source]) -> list[str]:
    """Every line that matches the pattern."""
    return [
        f"{file.path}:{number}: {line.strip()[:120]}"
        for file in files
        for number, line in enumerate(file.text.splitlines(), start=1)
        if pattern.search(line)
    ]


def too_long(files: Iterable[Source]) -> list[str]:
    """Files that are too long: each must become a folder of the same name."""
    return [f"{each.path}: {len(each.text.splitlines())}" for each in files if len(each.text.splitlines()) > LONGEST]


def vaguely_named(files: Iterable[Source]) -> Iterator[str]:
    """Modules and classes with a vague name."""
    for file in files:
        for part in (*file.path.parts[:-1], file.path.stem):
            if sources.words(part) & VAGUE:
                yield str(file.path)
        for node in ast.walk(file.tree):
            if isinstance(node, ast.ClassDef) and sources.words(node.name) & VAGUE:
                yield f"{file.path}: {node.name}"


def undocumented(files: Iterable[Source]) -> Iterator[str]:
    """Public definitions without a docstring.

    A problem of the API has a `description` instead. A method needs none where a documented method of a protocol or
    base has the same name, or where its body is empty.
    """
    trees = [(file, file.tree) for file in files]
    interfaces = {
        node.name
        for _, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node)
    }
    for file, tree in trees:
        if not ast.get_docstring(tree):
            yield str(file.path)
        for node in _public(tree):
            if isinstance(node, ast.ClassDef):
                if not ast.get_docstring(node) and "description" not in _assigned(node):
                    yield f"{file.path}:{node.lineno}: {node.name}"
                for method in _public(node):
                    documented = ast.get_docstring(method) or method.name in interfaces or _is_empty(method)
                    if not documented and not isinstance(method, ast.ClassDef):
                        yield f"{file.path}:{method.lineno}: {node.name}.{method.name}"
            # Alembic calls the functions of a revision, which is documented by its module.
            elif not ast.get_docstring(node) and "migrations" not in file.path.parts:
                yield f"{file.path}:{node.lineno}: {node.name}"


def _public(parent: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in parent.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def _assigned(node: ast.ClassDef) -> set[str]:
    return {
        target.id
        for each in node.body
        if isinstance(each, ast.Assign)
        for target in each.targets
        if isinstance(target, ast.Name)
    }


def _is_empty(node: ast.AST) -> bool:
    body = getattr(node, "body", [])
    return all(isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) for each in body)


# ---------------------------------------------------------------------------------------------------------- the rules


def test_no_file_is_too_long() -> None:
    assert too_long(sources.python()) == []


def test_no_name_is_vague() -> None:
    assert list(vaguely_named(sources.python())) == []


def test_everything_public_has_a_docstring() -> None:
    assert list(undocumented(each for each in sources.python() if each.path.parts[0] in BASE)) == []


def test_nothing_is_marked_as_unfinished() -> None:
    assert lines_with(POSTPONED, (each for each in sources.texts() if each.path.suffix in CODE)) == []


def test_no_file_contains_the_address_of_a_package_registry() -> None:
    assert lines_with(REGISTRY, sources.texts()) == []


def test_no_file_contains_a_path_of_a_machine() -> None:
    assert lines_with(MACHINE, sources.texts()) == []


# -------------------------------------------------------------------------------------- each rule finds what breaks it


def source(text: str, path: str = "chassis/made_up.py") -> Source:
    return Source(Path(path), text)


DOCUMENTED = '"""What is here."""\n'


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        (too_long, source("pass\n" * (LONGEST + 1))),
        (vaguely_named, source("", "chassis/string_utils.py")),
        (vaguely_named, source("", "services/ports/helpers/numbers.py")),
        (vaguely_named, source("class OrderManager: pass")),
        (undocumented, source("x = 1")),
        (undocumented, source(DOCUMENTED + "def made_up(): return 1")),
        (undocumented, source(DOCUMENTED + "class MadeUp: size = 1")),
        (undocumented, source(DOCUMENTED + 'class MadeUp:\n    """One."""\n    def act(self): return 1')),
    ],
)
def test_a_file_that_breaks_a_rule_is_detected(
    rule: Callable[[Iterable[Source]], Iterable[str]], broken: Source
) -> None:
    assert len(list(rule([broken]))) == 1


@pytest.mark.parametrize(
    "kept",
    [
        source("pass\n" * LONGEST, "chassis/long.py"),
        source(DOCUMENTED + "def _made_up(): return 1"),
        source(DOCUMENTED + 'class Refused(Problem):\n    description = "It was refused."'),
        source(DOCUMENTED + 'class Shape(Protocol):\n    """One."""\n    @property\n    def size(self) -> int: ...'),
        source(
            DOCUMENTED + 'class Base:\n    """One."""\n    def act(self):\n        """Do it."""\n'
            'class Other:\n    """Two."""\n    def act(self): return 2'
        ),
    ],
)
def test_a_file_that_keeps_the_rules_is_accepted(kept: Source) -> None:
    assert too_long([kept]) == list(vaguely_named([kept])) == []
    assert "pass" in kept.text or list(undocumented([kept])) == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (REGISTRY, "--extra-index" + "-url=https://packages.example/"),
        (REGISTRY, "https://files." + "python" + "hosted.org/packages/one.whl"),
        (REGISTRY, "url = 'https://" + "py" + "pi.org/simple'"),
        (REGISTRY, "https://repo1." + "maven.org/maven2/org/one"),
        (REGISTRY, "image: docker" + ".io/library/postgres:17"),
        (REGISTRY, "https://mirror.example/root/" + "simple/"),
        (MACHINE, "cd /" + "home/anna/anning"),
        (MACHINE, "open('/" + "Users/anna/x')"),
        (MACHINE, "PATH=/" + "work/bin"),
        (MACHINE, "see /" + "mnt/results"),
        (POSTPONED, "# TO" + "DO: later"),
        (POSTPONED, "# FIX" + "ME"),
    ],
)
def test_a_line_that_breaks_a_rule_is_detected(pattern: re.Pattern[str], line: str) -> None:
    assert len(lines_with(pattern, [source(line)])) == 1


@pytest.mark.parametrize(
    "line",
    [
        "image: postgres:17",
        "GET /orders/{id}/acknowledgement",
        "tests/work/of/others",
        "PREFIX=$HOME/work/x",
        "from pathlib import PurePath  # pypirc",
        "the index of a listing",
        "org.apache.kafka:kafka_2.13:4.3.1",
    ],
)
def test_a_line_that_keeps_the_rules_is_accepted(line: str) -> None:
    assert [pattern for pattern in (REGISTRY, MACHINE, POSTPONED) if lines_with(pattern, [source(line)])] == []
