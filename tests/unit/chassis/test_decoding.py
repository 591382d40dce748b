"""Classes that several threads decode at the same time."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import msgspec

from anning.openapi import documents
from chassis.decoding import build_types

_THREADS = """
import sys, threading
from dataclasses import make_dataclass
from typing import Annotated
import msgspec
from chassis.decoding import build_types

# Names of types are evaluated while the class is built: other threads run meanwhile.
sys.setswitchinterval(1e-6)
Text = Annotated[str, msgspec.Meta(max_length=10)]
names = [f"f{number}" for number in range(30)]
values = dict.fromkeys(names, "x")
fields = [(name, "int | str | None" if place % 2 else Text) for place, name in enumerate(names)]
for _ in range(200):
    kinds = [msgspec.defstruct("Struct", fields), make_dataclass("Data", fields)]
    build_types()
    ready = threading.Barrier(8)

    def convert():
        ready.wait()
        for kind in kinds:
            msgspec.convert(values, kind)

    threads = [threading.Thread(target=convert) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


@dataclass
class Loaded:
    """Known to msgspec only after `build_types`."""

    text: str


@dataclass
class Undecodable:
    """Its field has a type that exists only for a type checker."""

    either: str | Unknown  # type: ignore[name-defined]  # noqa: F821


def test_threads_that_use_a_class_first_at_the_same_time_do_not_end_the_process() -> None:
    # Without build_types the process ends with signal 11.
    ended = subprocess.run([sys.executable, "-c", _THREADS], check=False, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_class_that_cannot_be_decoded_is_skipped() -> None:
    build_types()
    assert not hasattr(Undecodable, "__msgspec_cache__")


def test_an_api_builds_the_types_before_it_serves() -> None:
    if hasattr(Loaded, "__msgspec_cache__"):
        del Loaded.__msgspec_cache__
    documents.described("ports")
    assert hasattr(Loaded, "__msgspec_cache__")
    assert msgspec.convert({"text": "x"}, Loaded) == Loaded("x")
