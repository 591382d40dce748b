from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog

from chassis import logs

TOKEN = "eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@contextmanager
def restored() -> Iterator[None]:
    """Restore the logging of the test run at the end of the block: later tests of the process may depend on it."""
    root = logging.getLogger()
    handlers, level, configuration = list(root.handlers), root.level, structlog.get_config()
    try:
        yield
    finally:
        for each in set(root.handlers).difference(handlers):
            each.close()
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**configuration)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log output of a process."""
    root = logging.getLogger()
    with restored():
        before = list(root.handlers)
        logs.configure("INFO", "json")
        stream = io.StringIO()
        added = next(each for each in root.handlers if each not in before)
        assert isinstance(added, logging.StreamHandler)
        added.setStream(stream)
        yield stream


def written(lines: io.StringIO) -> str:
    """The complete log output, including buffered lines."""
    for each in logging.getLogger().handlers:
        each.flush()
    return lines.getvalue()


def read(lines: io.StringIO) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(written(lines).splitlines()[-1])
    return parsed


def test_a_line_is_a_json_object_with_level_and_time(lines: io.StringIO) -> None:
    structlog.get_logger().info("order executed", order="o-1")
    assert read(lines).items() >= {"event": "order executed", "level": "info", "order": "o-1"}.items()
    assert "timestamp" in read(lines)


@pytest.mark.parametrize(
    "secret", ["13800138000", "+8613800138000", "8613800138000", "１３８００１３８０００", TOKEN, "hunter2"]
)
def test_secrets_are_removed_from_all_parts_of_a_line(lines: io.StringIO, secret: str) -> None:
    text = f"postgresql://role:{secret}@host/db" if secret == "hunter2" else f"来电{secret}。"
    log = structlog.get_logger()
    log.info(text, text=text, deep={"list": [text, {"inner": text}]}, raw=text.encode(), error=ValueError(text))
    assert secret not in written(lines)
    logging.getLogger("a.library").warning("got %s", text)
    assert secret not in written(lines)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        log.exception("failed")
    assert secret not in written(lines)
    assert "RuntimeError" in written(lines)


@pytest.mark.parametrize("plain", ["12345678901", "138001380001", "01900000-0000-7000-8000-013800138000", "1380013800"])
def test_other_digits_are_kept(lines: io.StringIO, plain: str) -> None:
    structlog.get_logger().info("noted", value=plain)
    assert plain in read(lines)["value"]


def test_libraries_log_in_the_same_format(lines: io.StringIO) -> None:
    logging.getLogger("a.library").warning("took %s ms", 7)
    assert read(lines).items() >= {"event": "took 7 ms", "level": "warning", "logger": "a.library"}.items()


def test_a_warning_is_written_at_once_together_with_buffered_lines(lines: io.StringIO) -> None:
    log = structlog.get_logger()
    log.info("first")
    log.warning("second")
    assert [json.loads(line)["event"] for line in lines.getvalue().splitlines()] == ["first", "second"]


def test_buffered_lines_are_written_after_a_moment(lines: io.StringIO) -> None:
    structlog.get_logger().info("order executed")
    deadline = time.monotonic() + 20
    while "order executed" not in lines.getvalue():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_buffered_lines_are_written_when_the_process_ends() -> None:
    program = (
        "import structlog; from chassis import logs; logs.configure('INFO', 'json'); structlog.get_logger().info('bye')"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(ended.stderr)["event"] == "bye"


def test_configuring_twice_writes_every_line_once(lines: io.StringIO) -> None:
    logs.configure("INFO", "json")
    ours = [each for each in logging.getLogger().handlers if "ProcessorFormatter" in type(each.formatter).__name__]
    assert len(ours) == 1


def test_the_console_format_is_redacted_too(capsys: pytest.CaptureFixture[str]) -> None:
    with restored():
        logs.configure("INFO", "console")
        structlog.get_logger().info("called", by="13800138000")
        logs.configure("INFO", "console")  # closes the replaced handler
        text = capsys.readouterr().err
    assert "called" in text
    assert "<mobile>" in text
