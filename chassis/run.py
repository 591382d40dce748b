"""Runs one process of one service: its API, its worker or both, until a signal stops it."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from types import FrameType

import structlog
import uvicorn

from chassis import logs, privacy, rules, tracing
from chassis.database import Database
from chassis.events import outbox
from chassis.events.topics import Catalogue
from chassis.http import server
from chassis.http.app import create_app, create_monitoring
from chassis.http.health import Health
from chassis.service import Service
from chassis.settings import Settings, SettingsError, load
from chassis.wakeup import Notifier
from chassis.worker import Worker

_COLLECT_AFTER = 50_000
"""How many new objects trigger a collection of the youngest generation."""

log = structlog.get_logger()


class Role(StrEnum):
    """Which part of a service this process runs."""

    API = "api"
    WORKER = "worker"
    ALL = "all"


def settings(fallback: Mapping[str, str] | None = None) -> Settings:
    """Load the settings of this process and configure what is process-wide: logs, rules, the key ring.

    The variables of `fallback` apply where the environment has none. Raises SettingsError.
    """
    loaded = load(fallback)
    logs.configure(loaded.log_level, loaded.log_format)
    rules.use_packs(loaded.rule_packs)
    if loaded.keys_file is not None:
        privacy.configure(privacy.KeyRing.load(loaded.keys_file))
    return loaded


@contextmanager
def opened(service: Service, loaded: Settings) -> Iterator[Database]:
    """The service's database with its outbox; commits notify the workers."""
    url = loaded.database_url
    plain = Database(url, pool=1)
    notifier = Notifier(plain.conninfo)
    plain.close()
    database = Database(url, pool=loaded.database_pool, flush=outbox.flush_as(service.name), committed=notifier.notify)
    try:
        yield database
    finally:
        database.close()
        notifier.close()


def catalogue(loaded: Settings) -> Catalogue:
    """The topics of this deployment."""
    return Catalogue.load(loaded.topics_file, loaded.topic_prefix)


def prepare(service: Service, replication: int) -> Iterator[str]:
    """Migrate the database and create the topics of a service; yields a line for each step done. Raises SettingsError
    without the url of the database's owner."""
    from chassis import migrations  # Alembic, which no process that runs needs

    loaded = settings()
    if loaded.owner_database_url is None:
        raise SettingsError("not set: ANNING_OWNER_DATABASE_URL, the database of the service for the role that owns it")
    migrations.upgrade(service, loaded.owner_database_url)
    yield f"{service.name}: database is at the newest revision"
    for topic in catalogue(loaded).create(loaded.broker, [service.name], replication):
        yield f"{service.name}: topic {topic} created"


def serve(service: Service, role: Role) -> None:
    """Run until SIGTERM or SIGINT. Health in detail and metrics are served on the monitoring port."""
    loaded = settings()
    if service.personal and loaded.keys_file is None:
        sys.exit(f"{service.name} stores personal data: ANNING_KEYS_FILE must name its key ring")
    # After its shutdown uvicorn raises the signal again: unhandled, it would end the process before the worker has
    # finished its current work.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _exit)
    with tracing.exported(service.name, loaded.instance), opened(service, loaded) as database:
        worker = Worker(service, loaded, database, catalogue(loaded)) if role is not Role.API else None
        app = None if role is Role.WORKER else create_app(service, loaded, database)
        health: Health = app.state.health if app is not None else Health(loaded.run_id)
        if worker is not None:
            health.checks["worker"] = worker.problems
            health.progress = worker.progress
            worker.start()
        tune_gc()
        log.info("started", service=service.name, role=role.value)
        monitoring = server.config(create_monitoring(service, health), loaded.monitoring_host, loaded.monitoring_port)
        try:
            if app is None:
                uvicorn.Server(monitoring).run()
            else:
                _serve_both(server.config(app, loaded.host, loaded.port), monitoring, health)
        finally:
            if worker is not None:
                worker.stop()


def _serve_both(api: uvicorn.Config, monitoring: uvicorn.Config, health: Health) -> None:
    """Serve the API, and in a thread of its own what monitors it: it responds while the API is busy."""
    serving, watching = uvicorn.Server(api), uvicorn.Server(monitoring)
    health.checks["api"] = lambda: {} if serving.started else {"server": "does not listen yet"}
    listening = [monitoring.bind_socket()]
    thread = threading.Thread(target=watching.run, args=(listening,), name="monitoring")
    thread.start()
    try:
        serving.run()
    finally:
        watching.should_exit = True
        thread.join()


def tune_gc() -> None:
    """Exclude long-lived objects from garbage collection, and collect rarely.

    A batch creates tens of thousands of objects that stay in use until it ends. With the default threshold of 700 the
    collector traverses them and every module again and again (a fifth of the time of an assessment).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 10, 10)


def _exit(number: int, frame: FrameType | None) -> None:
    # Ignore repeated signals during the shutdown: PR_SET_PDEATHSIG is delivered once per thread of the dead parent.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(0)
