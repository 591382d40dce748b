"""Logs: one JSON object per line (or colours, for a person), never with a phone number, a token or a password."""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Mapping
from contextlib import nullcontext
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
# What every text has in which there is something to cut: most have not, and are looked at once.
_SUSPECT = re.compile(r"[1１][3-9３-９]\d{9}|eyJ|://")


def configure(level: str, form: str) -> None:
    """Set up this process's logs: `level` as logging names it, `form` json or console. Later calls replace earlier."""
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
            # Last of all, so that nothing comes by it: every line of every library leaves through here.
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
    """Writes what was said in a fifth of a second at once, and whatever is a warning or worse as it is said.

    Each write lets go of Python's lock, for which every thread of an API waits: line by line that took a sixth of
    what a request takes. A process that is killed loses the lines of its last moment.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._said: list[str] = []
        self._over = threading.Event()
        threading.Thread(target=self._write_along, name="logs", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line until it is written."""
        try:
            self._said.append(self.format(record) + self.terminator)
            if record.levelno >= logging.WARNING:
                self.flush()
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Write all lines; also called when the process ends."""
        with self.lock or nullcontext():
            if self._said:
                self.stream.write("".join(self._said))
                self._said.clear()
            super().flush()

    def close(self) -> None:
        """Write all lines, and no more by itself."""
        self._over.set()
        self.flush()
        super().close()

    def _write_along(self) -> None:
        while not self._over.wait(_WRITTEN_EVERY_SECONDS):
            self.flush()


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A structlog processor: cuts mobile numbers, tokens and passwords out of every string, at any depth."""
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
