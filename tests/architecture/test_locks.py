"""Requirements are locked: names, versions and hashes, no addresses, and one version of each for all targets."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping

import pytest

from tests.architecture import sources

LOCKS = {path.stem: path.read_text(encoding="utf-8") for path in (sources.ROOT / "requirements").glob("*.lock")}
JARS = (sources.ROOT / "standalone" / "kafka.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((sources.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SHARED = "service"
"""The lock of all services without requirements of their own."""
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]

_PINNED = re.compile(r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)==(?P<version>[\w.!+-]+)(?P<marker> ; [^;:]+)?")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
_JAR = re.compile(r"[\w.-]+:[\w.-]+:[\w.-]+ --hash=sha256:[0-9a-f]{64}")

every_lock = pytest.mark.parametrize("target", sorted(LOCKS))


def entries(lock: str) -> list[str]:
    """One entry per line; continued lines are joined."""
    lines = lock.replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line.strip() and not line.startswith("#")]


def unlocked(lock: str) -> list[str]:
    """Entries without a name, a version and at least one hash."""
    wrong = []
    for entry in entries(lock):
        pinned, *hashes = re.split(r" (?=--)", entry)
        if not hashes or not _PINNED.fullmatch(pinned) or not all(_HASH.fullmatch(each) for each in hashes):
            wrong.append(entry[:120])
    return wrong


def versions(lock: str) -> dict[str, set[str]]:
    """The locked versions by name: more than one where they depend on the platform."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries(lock):
        if pinned := _PINNED.match(entry):
            found[pinned["name"]].add(pinned["version"])
    return dict(found)


def disagreements(locks: Mapping[str, str]) -> list[str]:
    """Names with different versions in different locks."""
    seen: dict[str, tuple[str, set[str]]] = {}
    found = []
    for target, lock in sorted(locks.items()):
        for name, locked in versions(lock).items():
            first, before = seen.setdefault(name, (target, locked))
            if before != locked:
                found.append(f"{name}: {sorted(before)} for {first}, {sorted(locked)} for {target}")
    return found


def needed_by(target: str) -> set[str]:
    """The requirements of a target in pyproject.toml, with those of its extras."""
    needed = {_name_of(each) for each in PROJECT["dependencies"]}
    waiting = [] if target == SHARED else [target]
    while waiting:
        for requirement in EXTRAS[waiting.pop()]:
            if own := re.fullmatch(r"anning\[(.+)\]", requirement):
                waiting += own[1].split(",")
            else:
                needed.add(_name_of(requirement))
    return needed


def _name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-")


def test_every_target_that_is_installed_has_its_lock() -> None:
    assert LOCKS.keys() == {SHARED, *EXTRAS}
    assert {"sandbox", "standalone", "dev"} <= LOCKS.keys()


def test_a_service_has_its_own_lock_only_for_requirements_of_its_own() -> None:
    for service in LOCKS.keys() & set(sources.services()):
        assert needed_by(service) > needed_by(SHARED)
        assert needed_by(service) <= needed_by("standalone")


@every_lock
def test_a_lock_has_only_names_versions_and_hashes(target: str) -> None:
    assert len(entries(LOCKS[target])) > 20
    assert unlocked(LOCKS[target]) == []
    assert "://" not in LOCKS[target]


@every_lock
def test_a_lock_is_complete(target: str) -> None:
    assert needed_by(target) - versions(LOCKS[target]).keys() == set()


def test_all_locks_have_the_same_versions() -> None:
    assert disagreements(LOCKS) == []


def test_the_jars_of_kafka_are_locked_by_coordinates_and_hashes() -> None:
    assert len(entries(JARS)) > 20
    assert [each for each in entries(JARS) if not _JAR.fullmatch(each)] == []


SHA = "--hash=sha256:" + 64 * "a"


@pytest.mark.parametrize(
    "lock",
    [
        "one==1.0\n",
        f"one>=1.0 \\\n    {SHA}\n",
        "one==1.0 \\\n    --hash=md5:aa\n",
        f"one @ https://example.org/one.whl \\\n    {SHA}\n",
        f"--find https://example.org\none==1.0 \\\n    {SHA}\n",
        "-e .\n",
    ],
)
def test_an_entry_that_is_not_locked_is_detected(lock: str) -> None:
    assert len(unlocked(lock)) == 1


def test_locks_that_disagree_are_detected() -> None:
    assert disagreements({"a": f"one==1.0 {SHA}\ntwo==2.0 {SHA}\n", "b": f"two==2.1 {SHA}\n"}) == [
        "two: ['2.0'] for a, ['2.1'] for b"
    ]
