from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from chassis import logs

TOKEN = "eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a process would write, line by line; the logging of the test run is put back afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    logs.configure("INFO", "json")
    stream = io.StringIO()
    added = next(each for each in root.handlers if each not in before)
    assert isinstance(added, logging.StreamHandler)
    added.setStream(stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def read(lines: io.StringIO) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(lines.getvalue().splitlines()[-1])
    return parsed


def test_a_line_is_an_object_with_its_level_and_time(lines: io.StringIO) -> None:
    structlog.get_logger().info("order executed", order="o-1")
    assert read(lines).items() >= {"event": "order executed", "level": "info", "order": "o-1"}.items()
    assert "timestamp" in read(lines)


@pytest.mark.parametrize(
    "secret", ["13800138000", "+8613800138000", "8613800138000", "１３８００１３８０００", TOKEN, "hunter2"]
)
def test_nothing_secret_is_written_wherever_it_stands(lines: io.StringIO, secret: str) -> None:
    said = f"postgresql://role:{secret}@host/db" if secret == "hunter2" else f"来电{secret}。"
    log = structlog.get_logger()
    log.info(said, text=said, deep={"list": [said, {"inner": said}]}, raw=said.encode(), error=ValueError(said))
    assert secret not in lines.getvalue()
    logging.getLogger("of.somebody").warning("got %s", said)
    assert secret not in lines.getvalue()
    try:
        raise RuntimeError(said)
    except RuntimeError:
        log.exception("failed")
    assert secret not in lines.getvalue()
    assert "RuntimeError" in lines.getvalue()


@pytest.mark.parametrize("plain", ["12345678901", "138001380001", "01900000-0000-7000-8000-013800138000", "1380013800"])
def test_other_digits_stay(lines: io.StringIO, plain: str) -> None:
    structlog.get_logger().info("noted", value=plain)
    assert plain in read(lines)["value"]


def test_libraries_log_in_the_same_form(lines: io.StringIO) -> None:
    logging.getLogger("of.somebody").warning("took %s ms", 7)
    assert read(lines).items() >= {"event": "took 7 ms", "level": "warning", "logger": "of.somebody"}.items()


def test_configuring_twice_writes_every_line_once(lines: io.StringIO) -> None:
    logs.configure("INFO", "json")
    ours = [each for each in logging.getLogger().handlers if "ProcessorFormatter" in type(each.formatter).__name__]
    assert len(ours) == 1


def test_for_a_person_the_form_is_another_and_the_cuts_are_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = list(root.handlers)
    try:
        logs.configure("INFO", "console")
        structlog.get_logger().info("called", by="13800138000")
        written = capsys.readouterr().err
    finally:
        root.handlers[:] = before
        structlog.reset_defaults()
    assert "called" in written
    assert "<mobile>" in written
