"""Kafka's jars: named by coordinates, locked by digest, downloaded once into the user's cache.

`python -m standalone.jars` writes the lock from the coordinates.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jgo.maven import MavenContext

COORDINATES = ("org.apache.kafka:kafka_2.13:4.3.1", "org.slf4j:slf4j-simple:1.7.36")
LOCK = Path(__file__).with_name("kafka.lock")

Progress = Callable[[str], None]
"""Receives lines of progress for a waiting person."""


class JarsUnavailable(Exception):
    """A jar could not be downloaded, or does not match the lock."""


class Jar(NamedTuple):
    """One line of the lock."""

    coordinate: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The file name in a repository and in the cache."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def cache_directory() -> Path:
    """The folder for files that can be downloaded again: ANNING_HOME, otherwise the user's cache directory (XDG)."""
    if home := os.environ.get("ANNING_HOME"):
        return Path(home).absolute() / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "anning"


def on_stderr(line: str) -> None:
    """Print progress on a terminal."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def jars(progress: Progress = on_stderr) -> list[Path]:
    """The files of the lock, downloaded where they are missing. Raises JarsUnavailable."""
    locked = read_lock()
    folder = jar_directory()
    if _missing(locked, folder):
        # A fetch takes 9 s of a core: a second process waits for the files of the first.
        with one_at_a_time(folder):
            if missing := _missing(locked, folder):
                _fetch(missing, folder, progress)
    return [folder / each.file_name for each in locked]


def _missing(locked: list[Jar], folder: Path) -> list[Jar]:
    return [each for each in locked if not (folder / each.file_name).exists()]


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other process or thread is here with this folder. The end of a process counts as its exit."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def jar_directory() -> Path:
    """The folder of the files of a lock: a new lock has a new folder."""
    digest = hashlib.sha256("".join(each.sha256 for each in read_lock()).encode()).hexdigest()
    return cache_directory() / "kafka" / digest[:16]


def read_lock() -> list[Jar]:
    """The jars of Kafka, in the order of its class path."""
    lines = [line for line in LOCK.read_text().splitlines() if not line.startswith("#")]
    return [Jar(*line.split(" --hash=sha256:")) for line in lines]


def remake_lock() -> None:
    """Resolve the coordinates with their runtime dependencies, and write the lock."""
    with tempfile.TemporaryDirectory() as scratch, _system_certificates():
        context = _repositories(Path(scratch))
        named, needed = context.resolver.resolve([context.create_dependency(each) for each in COORDINATES])
        found = [*named, *(each for each in needed if each.scope in ("compile", "runtime"))]
        lines = [
            f"{each.groupId}:{each.artifactId}:{each.version} --hash=sha256:{_sha256(each.artifact.resolve())}"
            for each in found
        ]
    LOCK.write_text("\n".join(["# The jars of Kafka; written by `make lock`, never edited.", *lines, ""]))


def _fetch(wanted: list[Jar], folder: Path, progress: Progress) -> None:
    progress(f"Fetching Apache Kafka: {len(wanted)} files, once for this user")
    scratch = tempfile.TemporaryDirectory(dir=folder)
    with scratch, _system_certificates(), ThreadPoolExecutor(8) as pool:
        context = _repositories(Path(scratch.name))

        def fetch(jar: Jar) -> None:
            path = _download(context, jar)
            if _sha256(path) != jar.sha256:
                raise JarsUnavailable(f"{jar.coordinate} is not the file that {LOCK.name} names")
            # The file appears in the folder complete and verified: the process may be killed.
            path.replace(folder / jar.file_name)

        for done, _ in enumerate(pool.map(fetch, wanted), start=1):
            if done % 10 == 0 or done == len(wanted):
                progress(f"  {done} of {len(wanted)}")


def _download(context: MavenContext, jar: Jar, attempts: int = 3) -> Path:
    artifact = context.create_dependency(jar.coordinate).artifact
    for attempt in range(1, attempts + 1):
        try:
            return artifact.resolve()
        except (OSError, RuntimeError) as error:
            if attempt == attempts:
                hint = "a mirror may be named as `central` under [repositories] in ~/.config/jgo.conf"
                raise JarsUnavailable(f"{jar.coordinate} cannot be fetched ({error}); {hint}") from error
            # A partial file would be taken for the complete one.
            if artifact.cached_path is not None:
                artifact.cached_path.unlink(missing_ok=True)
    raise AssertionError("the last attempt returns or raises")


def _repositories(cache: Path) -> MavenContext:
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=cache, timeout=30)
    context.remote_repos.update(GlobalSettings.load().repositories)
    return context


@contextmanager
def _system_certificates() -> Iterator[None]:
    """Trust the certificates of the machine, in addition to those of the client."""
    import truststore

    truststore.inject_into_ssl()
    try:
        yield
    finally:
        truststore.extract_from_ssl()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    remake_lock()
