"""Alembic, configured the same way for every service: its own history, with the chassis' tables as one step of it.

A service's `migrations/env.py` calls `run`; its first revision executes `mechanism("0001")`. What the chassis adds
later is a further step, which every service takes in a revision of its own. `chassis.migrations.generation` writes
revisions; docs/migrations.md is the guide.
"""

from __future__ import annotations

import time
from pathlib import Path

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config

from chassis.database import MECHANISM, Database
from chassis.seals import APPEND_ONLY
from chassis.service import Service

_STEPS = Path(__file__).parent

LOCK_TIMEOUT = "4s"
"""How long a statement waits for its lock. While it waits, every later statement on that table waits behind it."""

STATEMENT_TIMEOUT = "5s"
"""How long a statement of a generated revision runs, waiting included: it holds its locks until the revision ends."""

_RETRY_SECONDS = 0.1

_CHANGING = sa.text(
    "SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE CAST(CAST(grantee AS regrole) AS text) END"
    " FROM pg_class CROSS JOIN LATERAL aclexplode(relacl)"
    " WHERE relnamespace = CAST('public' AS regnamespace) AND relname = :relation AND grantee <> relowner"
    " AND privilege_type NOT IN ('SELECT', 'INSERT')"
)


def mechanism(step: str) -> str:
    """The SQL of one step of the chassis' own tables."""
    return (_STEPS / f"mechanism_{step}.sql").read_text(encoding="utf-8")


def run(metadata: sa.MetaData) -> None:
    """Run the migrations that Alembic asks for, each revision in its own transaction; called by `migrations/env.py`."""
    target = [metadata, MECHANISM]
    if context.is_offline_mode():
        context.configure(
            dialect_name="postgresql", target_metadata=target, literal_binds=True, transaction_per_migration=True
        )
    else:
        connection: sa.Connection = context.config.attributes["connection"]
        context.configure(connection=connection, target_metadata=target, transaction_per_migration=True)
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
    """Bring the database of a service to the newest revision; two at once wait for each other. `url` is that of its
    owner.

    A revision that fails is rolled back, and those before it stay. Raises sqlalchemy.exc.OperationalError where one
    does not get a lock in time: run it again.
    """
    database = Database(url, pool=1)
    try:
        with database.engine.connect() as connection:
            _lock(connection)
            # For the revisions that set none of their own.
            connection.execute(sa.text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            connection.commit()
            made = config(service)
            made.attributes["connection"] = connection
            command.upgrade(made, "head")
            _protect(connection)
            connection.commit()
    finally:
        database.close()


def _protect(connection: sa.Connection) -> None:
    """Take from every role but the owner the rights to change and delete what is only added to: the default privileges
    of the database grant them on each new table, and a restored backup makes all tables again."""
    for table in APPEND_ONLY:
        for role in connection.execute(_CHANGING, {"relation": table.name}).scalars().all():
            connection.execute(sa.text(f"REVOKE ALL ON {table.name} FROM {role}"))
            connection.execute(sa.text(f"GRANT SELECT, INSERT ON {table.name} TO {role}"))


def _lock(connection: sa.Connection) -> None:
    """Take the lock of migrations, which lasts as long as the session.

    It is tried again and again, not waited for: CREATE INDEX CONCURRENTLY waits for every statement under way, so that
    a session that waits for this lock and the one that holds it would deadlock.
    """
    attempt = sa.text("SELECT pg_try_advisory_lock(hashtext('anning migrate'))")
    while not connection.execute(attempt).scalar_one():
        connection.commit()
        time.sleep(_RETRY_SECONDS)
    connection.commit()
