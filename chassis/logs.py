"""Logs: one JSON object per line (or colours, for a person), never with a phone number, a token or a password."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

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
    handler = logging.StreamHandler(sys.stderr)
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
    root.addHandler(handler)
    root.setLevel(level.upper())
    for chatty in ("kafka", "httpx2", "httpcore2"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


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
