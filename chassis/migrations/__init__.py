"""Alembic, the same way for every service: its own history, with the chassis' tables as one step of it.

A service's `migrations/env.py` calls `run`, its first revision executes `mechanism("0001")`. What the chassis adds
later is a further step, which every service takes in a revision of its own.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config

from chassis.database import MECHANISM, Database
from chassis.service import Service

_STEPS = Path(__file__).parent
LOCK_TIMEOUT = "5s"


def mechanism(step: str) -> str:
    """The SQL of one step of the chassis' own tables."""
    return (_STEPS / f"mechanism_{step}.sql").read_text(encoding="utf-8")


def run(metadata: sa.MetaData) -> None:
    """Run the migrations that Alembic asks for; called by `migrations/env.py`.

    A migration that cannot get its lock soon gives up: waiting, it would hold up everybody behind it.
    """
    target = [metadata, MECHANISM]
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", target_metadata=target, literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    given = context.config.attributes.get("connection")
    if given is not None:
        _run_on(given, target)
        return
    engine = sa.create_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with engine.connect() as connection:
        _run_on(connection, target)
        connection.commit()
    engine.dispose()


def _run_on(connection: sa.Connection, target: list[sa.MetaData]) -> None:
    connection.execute(sa.text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    context.configure(connection=connection, target_metadata=target, compare_server_default=False)
    with context.begin_transaction():
        context.run_migrations()


def config(service: Service) -> Config:
    """The Alembic configuration of a service."""
    made = Config()
    made.set_main_option("script_location", str(service.migrations))
    made.set_main_option("version_locations", str(service.migrations / "versions"))
    made.set_main_option("path_separator", "os")
    return made


def upgrade(service: Service, url: str) -> None:
    """Bring the database of a service to the newest revision; two at once wait for each other."""
    database = Database(url, pool=1)
    try:
        with database.engine.connect() as connection, connection.begin():
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('anning migrate'))"))
            made = config(service)
            made.attributes["connection"] = connection
            command.upgrade(made, "head")
    finally:
        database.close()
