"""Creates the database and the role of each service on the server, with the passwords of the installation."""

from __future__ import annotations

import argparse
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.install import PASSFILE, SUPERUSER, role_of


def make(host: str, directory: Path, service: str) -> None:
    """Create a service's role and the database that it owns, where they are missing; no other role may connect to it.

    The role gets the password in the service's passfile: new files change passwords.
    """
    role = role_of(service)
    password = (directory / service / PASSFILE).read_text().strip().rpartition(":")[2]
    own = directory / "databases" / PASSFILE
    name = sql.Identifier(role)
    with psycopg.connect(host=host, user=SUPERUSER, passfile=str(own), dbname=SUPERUSER, autocommit=True) as server:
        if not server.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount:
            server.execute(sql.SQL("CREATE ROLE {}").format(name))
        server.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(password)))
        if not server.execute("SELECT FROM pg_database WHERE datname = %s", [role]).rowcount:
            server.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))
        server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("directory", type=Path)
    parser.add_argument("services", nargs="+")
    given = parser.parse_args()
    for each in given.services:
        make(given.host, given.directory, each)
