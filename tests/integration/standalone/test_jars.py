"""Kafka's jars are downloaded once and must match the lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copyfile
from threading import Event, Thread

import pytest

from standalone.jars import Jar, JarsUnavailable, jars, one_at_a_time, read_lock


class Quiet(SimpleHTTPRequestHandler):
    """A repository that does not log requests."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def repository(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Jar], Path]]:
    """A local mirror with every jar, and an empty cache; returns the mirror's file of a jar."""

    def in_mirror(jar: Jar) -> Path:
        group, artifact, version = jar.coordinate.split(":")
        return tmp_path.joinpath("mirror", *group.split("."), artifact, version, jar.file_name)

    for jar, source in zip(read_lock(), jars(), strict=True):
        in_mirror(jar).parent.mkdir(parents=True)
        copyfile(source, in_mirror(jar))
    with repository(tmp_path / "mirror") as address:
        settings = tmp_path / "jgo.conf"
        settings.write_text(f"[repositories]\ncentral = {address}\n")
        monkeypatch.setenv("JGO_CONFIG_FILE", str(settings))
        monkeypatch.setenv("ANNING_HOME", str(tmp_path / "home"))
        yield in_mirror


def test_jars_are_downloaded_from_the_mirror_in_the_settings_of_the_client(served: Callable[[Jar], Path]) -> None:
    progress: list[str] = []
    fetched = jars(progress.append)
    assert len(fetched) == len(read_lock())
    assert all(each.exists() for each in fetched)
    assert progress[-1] == f"  {len(fetched)} of {len(fetched)}"


def test_downloaded_jars_are_not_downloaded_again(served: Callable[[Jar], Path]) -> None:
    jars(lambda _: None)
    progress: list[str] = []
    jars(progress.append)
    assert progress == []


def test_a_jar_that_differs_from_the_lock_is_rejected(served: Callable[[Jar], Path]) -> None:
    changed = read_lock()[3]
    served(changed).write_bytes(b"changed")
    with pytest.raises(JarsUnavailable, match=f"{changed.coordinate} is not the file"):
        jars(lambda _: None)
    served(changed).unlink()
    with pytest.raises(JarsUnavailable, match=f"{changed.coordinate} cannot be fetched"):
        jars(lambda _: None)


def test_a_second_fetch_waits_for_the_first(tmp_path: Path) -> None:
    entered = Event()

    def fetch() -> None:
        with one_at_a_time(tmp_path):
            entered.set()

    second = Thread(target=fetch)
    with one_at_a_time(tmp_path):
        second.start()
        assert not entered.wait(0.3)
    second.join(timeout=10)
    assert entered.is_set()
