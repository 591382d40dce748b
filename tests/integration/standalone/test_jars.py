"""Kafka's jars are what the lock names, or they are not taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copyfile
from threading import Thread

import pytest

from standalone.jars import Jar, JarsUnavailable, jars, read_lock


class Quiet(SimpleHTTPRequestHandler):
    """A repository that does not write what it is asked for to the terminal."""

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
    """A mirror of ours with every jar, and a cache that is empty. Tells the mirror's file of a jar."""

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


def test_a_mirror_named_in_the_clients_own_settings_is_asked(served: Callable[[Jar], Path]) -> None:
    said: list[str] = []
    fetched = jars(said.append)
    assert len(fetched) == len(read_lock())
    assert all(each.exists() for each in fetched)
    assert said[-1] == f"  {len(fetched)} of {len(fetched)}"


def test_what_was_fetched_is_not_fetched_again(served: Callable[[Jar], Path]) -> None:
    jars(lambda _: None)
    said: list[str] = []
    jars(said.append)
    assert said == []


def test_a_jar_that_is_not_the_locked_one_is_refused(served: Callable[[Jar], Path]) -> None:
    victim = read_lock()[3]
    served(victim).write_bytes(b"not what it was")
    with pytest.raises(JarsUnavailable, match=f"{victim.coordinate} is not the file"):
        jars(lambda _: None)
    served(victim).unlink()
    with pytest.raises(JarsUnavailable, match=f"{victim.coordinate} cannot be fetched"):
        jars(lambda _: None)
