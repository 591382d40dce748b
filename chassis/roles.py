"""The two roles of a database: its owner, which only migrations, backups and restores use, and its service.

The service reads and writes the rows of every table; it can neither change a table nor grant anything. From the tables
that are only added to, `chassis.migrations` then takes the rights to change and delete rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

_LOCK_TIMEOUT = "SET lock_timeout = '4s'"
"""How long a change of an owner waits for its lock: processes may use the table meanwhile."""

_TABLES_OF = (
    "SELECT format('%%I', relname) FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relowner = %s::regrole ORDER BY relname"
)
_RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True)
class DatabaseRole:
    """A role of a server, with its password."""

    name: str
    password: str


def role_of(service: str) -> str:
    """The role of a service at the database server, also the name of its database, and its user at the broker."""
    return f"anning_{service}"


def owner_of(database: str) -> str:
    """The name of the owner of a database whose service role has the name of the database."""
    return f"{database}_owner"


def create_database(admin: str, name: str, owner: DatabaseRole, service: DatabaseRole) -> None:
    """Create a database and its roles where they are missing, and set their passwords; no other role may connect.

    `admin`: how a superuser connects to the server (a conninfo or an url). What the service owns in the database, as
    in release 0.1.0, becomes its owner's, table by table, while processes run. Raises
    psycopg.errors.LockNotAvailable where one of them has locked a table for 4 s; call it again.
    """
    with psycopg.connect(admin, autocommit=True) as server:
        for role in (owner, service):
            _create_role(server, role)
        if not server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
            _execute(server, "CREATE DATABASE {} OWNER {}", name, owner.name)
        with server.transaction():
            _execute(server, "ALTER DATABASE {} OWNER TO {}", name, owner.name)
            _execute(server, "REVOKE ALL ON DATABASE {} FROM PUBLIC", name)
            # Without a gap: processes of the service may connect meanwhile.
            _execute(server, "GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}", name, service.name)
    with psycopg.connect(make_conninfo(admin, dbname=name), autocommit=True) as database:
        database.execute(_LOCK_TIMEOUT)
        for right, kind in ((_RIGHTS, "TABLES"), ("USAGE", "SEQUENCES")):
            statement = f"ALTER DEFAULT PRIVILEGES FOR ROLE {{}} IN SCHEMA public GRANT {right} ON {kind} TO {{}}"
            _execute(database, statement, owner.name, service.name)
        _hand_over(database, owner.name, service.name)


def _create_role(server: psycopg.Connection, role: DatabaseRole) -> None:
    if not server.execute("SELECT FROM pg_roles WHERE rolname = %s", [role.name]).rowcount:
        _execute(server, "CREATE ROLE {}", role.name)
    statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
    server.execute(statement.format(sql.Identifier(role.name), sql.Literal(role.password)))


def _hand_over(database: psycopg.Connection, owner: str, service: str) -> None:
    """Each table with its grants in a transaction of its own, so that no process waits for a table or lacks a right."""
    tables: Sequence[tuple[str]] = database.execute(_TABLES_OF, [service]).fetchall()
    for (table,) in tables:
        with database.transaction():
            _execute(database, f"ALTER TABLE {table} OWNER TO {{}}", owner)
            _execute(database, f"GRANT {_RIGHTS} ON TABLE {table} TO {{}}", service)
    # Sequences of identity columns belong to the owners of their tables; functions are left.
    _execute(database, "REASSIGN OWNED BY {} TO {}", service, owner)


def _execute(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
