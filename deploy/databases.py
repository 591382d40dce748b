"""Creates the database and the roles of each service on the server, with the passwords of the installation."""

from __future__ import annotations

import argparse
from pathlib import Path

from psycopg.conninfo import make_conninfo

from chassis.roles import DatabaseRole, create_database, role_of
from deploy.install import PASSFILE, SUPERUSER, folder_of_owner, owner_of


def make(host: str, directory: Path, service: str) -> None:
    """Create a service's database and its two roles where they are missing; no other role may connect to it.

    The roles get the passwords in their passfiles: new files change passwords.
    """
    own = directory / "databases" / PASSFILE
    admin = make_conninfo(host=host, user=SUPERUSER, passfile=str(own), dbname=SUPERUSER)
    owner = DatabaseRole(owner_of(service), _password(directory / folder_of_owner(service)))
    create_database(admin, role_of(service), owner, DatabaseRole(role_of(service), _password(directory / service)))


def _password(folder: Path) -> str:
    return (folder / PASSFILE).read_text().strip().rpartition(":")[2]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("directory", type=Path)
    parser.add_argument("services", nargs="+")
    given = parser.parse_args()
    for each in given.services:
        make(given.host, given.directory, each)
