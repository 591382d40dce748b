"""Writes revisions: the SQL that brings a database from its newest revision to the tables in the code."""

from __future__ import annotations

import io
import json
import pkgutil
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.operations import Operations
from alembic.operations.ops import (
    AddColumnOp,
    CreateCheckConstraintOp,
    CreateForeignKeyOp,
    CreateIndexOp,
    CreateTableOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    OpContainer,
)
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import template_to_file

import chassis
from chassis.database import MECHANISM, Database
from chassis.migrations import LOCK_TIMEOUT, STATEMENT_TIMEOUT, config, upgrade
from chassis.service import Service

_TEMPLATE = Path(__file__).with_name("script.py.mako")


class NotWritten(Exception):
    """There is nothing to write, or no name for it."""


@dataclass
class _Statements:
    """What is missing, as SQL, by how it has to run; each kind becomes a revision of its own."""

    changes: list[str] = field(default_factory=list)
    """One short transaction."""
    validations: list[str] = field(default_factory=list)
    """One transaction as long as it takes: they read whole tables, and block neither readers nor writers."""
    concurrent: list[str] = field(default_factory=list)
    """As long as they take as well, but PostgreSQL refuses them in a transaction."""


def write(service: Service, url: str, message: str, *, empty: bool = False) -> list[Path]:
    """Write what the newest revision lacks as further revisions, and return their files.

    `url`: an empty database, which is brought to the newest revision first. `message` becomes the docstring and the
    names of the files. `empty`: one revision without statements, for SQL that no table requires. Raises NotWritten
    where nothing is missing, or for a message that makes no name.
    """
    if not _slug(message) or not re.fullmatch(r'[^"\\\n]+', message):
        raise NotWritten("the message is one line with letters a-z, without quotes and backslashes")
    if empty:
        return [_write(service, message, [])]
    upgrade(service, url)
    found = _sorted(list(_missing(service, url)))
    written = []
    if found.changes:
        written.append(_write(service, message, found.changes))
    if found.validations:
        written.append(_write(service, f"{message}: constraints", found.validations, statement_timeout="0"))
    if found.concurrent:
        written.append(_write(service, f"{message}: indexes", found.concurrent, concurrent=True))
    if not written:
        raise NotWritten(f"nothing to migrate: {service.name}'s newest revision makes the tables in the code")
    return written


def mechanism_tables() -> sa.MetaData:
    """The chassis' own tables, all of them: each is known once its module is imported."""
    for module in pkgutil.walk_packages(chassis.__path__, "chassis."):
        import_module(module.name)
    return MECHANISM


def _missing(service: Service, url: str) -> Iterator[MigrateOperation]:
    """The operations that lead from the database to the tables in the code."""
    database = Database(url, pool=1)
    try:
        with database.engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "compare_server_default": True,
                    "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
                },
            )
            # It takes several, unlike its signature.
            found: Any = produce_migrations(context, [service.metadata, mechanism_tables()])  # type: ignore[arg-type]
            yield from _flat(found.upgrade_ops.ops)
    finally:
        database.close()


def _flat(operations: Iterable[MigrateOperation]) -> Iterator[MigrateOperation]:
    for each in operations:
        if isinstance(each, OpContainer):
            yield from _flat(each.ops)
        else:
            yield each


def _sorted(operations: Sequence[MigrateOperation]) -> _Statements:
    """Indexes and constraints of tables in use are made so that they keep out neither readers nor writers."""
    whole = {each.table_name for each in operations if isinstance(each, CreateTableOp | DropTableOp)}
    found = _Statements()
    for each in operations:
        if isinstance(each, CreateIndexOp | DropIndexOp) and each.table_name not in whole:
            found.concurrent += _concurrently(each)
            continue
        if isinstance(each, CreateForeignKeyOp | CreateCheckConstraintOp):
            each.kw["postgresql_not_valid"] = True
            table = each.source_table if isinstance(each, CreateForeignKeyOp) else each.table_name
            found.validations.append(f"ALTER TABLE {table} VALIDATE CONSTRAINT {each.constraint_name}")
        if isinstance(each, AddColumnOp):
            # A check within ADD COLUMN reads the whole table under its lock. The comparison has it once more, alone.
            column = each.column
            default = column.server_default
            each.column = sa.Column(column.name, column.type, nullable=column.nullable, server_default=default)
        found.changes.append(_sql(each))
    return found


def _concurrently(operation: CreateIndexOp | DropIndexOp) -> Iterator[str]:
    """An attempt that failed has left an index that is not valid, which is dropped first."""
    name = str(operation.index_name)
    yield _sql(DropIndexOp(name, operation.table_name, if_exists=True, postgresql_concurrently=True))
    if isinstance(operation, CreateIndexOp):
        operation.if_not_exists = True
        operation.kw["postgresql_concurrently"] = True
        yield _sql(operation)


def _sql(operation: MigrateOperation) -> str:
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "literal_binds": True, "output_buffer": written}
    )
    operations: Any = Operations(context)
    operations.invoke(operation)
    lines = (line.rstrip().replace("\t", "    ") for line in written.getvalue().splitlines())
    return "\n".join(line for line in lines if line).rstrip(";")


def _write(
    service: Service,
    message: str,
    statements: Sequence[str],
    *,
    statement_timeout: str = STATEMENT_TIMEOUT,
    concurrent: bool = False,
) -> Path:
    head = ScriptDirectory.from_config(config(service)).get_current_head()
    revision = f"{int(head or 0) + 1:04}"
    path = service.migrations / "versions" / f"{revision}_{_slug(message)}.py"
    template_to_file(
        _TEMPLATE,
        path,
        "utf-8",
        message=message,
        revision=revision,
        down_revision=_literal(head) if head else None,
        statements=[_literal(each) for each in dict.fromkeys(statements)] if concurrent else statements,
        concurrent=concurrent,
        lock_timeout=LOCK_TIMEOUT,
        statement_timeout=statement_timeout,
    )
    return path


def _literal(text: str) -> str:
    """A string as our formatter writes it."""
    return repr(text) if '"' in text else json.dumps(text, ensure_ascii=False)


def _slug(message: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", message.lower()))[:60].rstrip("_")
