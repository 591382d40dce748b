"""Logs: one JSON object per line (or colours, for a person), never with a phone number, a token or a password."""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_WRITTEN_EVERY_SECONDS = 0.2

_CUTS = (
    (re.compile(r"(?<![0-9A-Za-z])(?:\+?86)?[1１][3-9３-９]\d{9}(?![0-9A-Za-z])"), "<mobile>"),
    (re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"), "<token>"),
    (re.compile(r"(?<=://)([^\s:/@]+):[^\s@/]+(?=@)"), r"\1:<password>"),
)
# Every text with something to redact matches this; most texts do not, and are searched only once.
_SUSPECT = re.compile(r"[1１][3-9３-９]\d{9}|eyJ|://")


def configure(level: str, form: str) -> None:
    """Configure the logs of this process: `level` as in logging, `form` json or console. A later call replaces the
    configuration."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
        if form == "console"
        else structlog.processors.JSONRenderer(serializer=_json)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = BufferedHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            # Redaction runs last, so that it covers the lines of every library.
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, renderer],
        )
    )
    root = logging.getLogger()
    for earlier in [each for each in root.handlers if isinstance(each.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(earlier)
        earlier.close()
    root.addHandler(handler)
    root.setLevel(level.upper())
    for chatty in ("kafka", "httpx2", "httpcore2"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


class BufferedHandler(logging.StreamHandler[TextIO]):
    """Buffers records and flushes every 200 ms; WARNING and above flush immediately.

    Each write releases the GIL, for which every thread of an API waits: writing line by line took a sixth of the time
    of a request. A process that is killed loses the lines of its last 200 ms.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: list[str] = []
        self._stopped = threading.Event()
        threading.Thread(target=self._flush_periodically, name="logs", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Buffer a line."""
        try:
            self._lines.append(self.format(record) + self.terminator)
            if record.levelno >= logging.WARNING:
                self.flush()
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Write all buffered lines; also called at exit."""
        with self.lock or nullcontext():
            if self._lines:
                self.stream.write("".join(self._lines))
                self._lines.clear()
            super().flush()

    def close(self) -> None:
        """Write all buffered lines and stop the periodic flush."""
        self._stopped.set()
        self.flush()
        super().close()

    def _flush_periodically(self) -> None:
        while not self._stopped.wait(_WRITTEN_EVERY_SECONDS):
            with suppress(ValueError):  # at the end of a process its streams are closed before its threads stop
                self.flush()


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A structlog processor that removes mobile numbers, tokens and passwords from every string, at any depth."""
    return {key: value if key.startswith("_") else _redacted(value) for key, value in event.items()}


def _json(event: EventDict, **_: Any) -> str:
    return msgspec.json.encode(event).decode()


def _redacted(value: Any) -> Any:
    match value:
        case str():
            if _SUSPECT.search(value):
                for pattern, replacement in _CUTS:
                    value = pattern.sub(replacement, value)
            return value
        case bytes():
            return _redacted(value.decode(errors="backslashreplace"))
        case Mapping():
            return {_redacted(key): _redacted(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_redacted(each) for each in value]
        case None | bool() | int() | float():
            return value
    return _redacted(str(value))
