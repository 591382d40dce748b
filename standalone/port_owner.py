"""Which process listens at a port of this machine or has claimed it, as Linux reports it."""

from __future__ import annotations

import pwd
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_LISTENS = "0A"
_COMMAND_CHARACTERS = 120
_PROC = Path("/proc")


def claim_name(port: int) -> str:
    """The name of the socket by which a process claims a port: in the abstract namespace, so that no file is left."""
    return f"\0anning-port-{port}"


def described(port: int) -> str:
    """The owner of a port, for a message: its process id, command and folder; without the permission to see them, its
    user."""
    sockets: dict[str, int | None] = dict(_listening(port)) or dict.fromkeys(_claims(port))
    for pid in sorted(int(each.name) for each in _PROC.glob("[0-9]*")):
        if not sockets.keys().isdisjoint(_sockets(pid)):
            return _process(pid)
    users = sorted({_user(uid) for uid in sockets.values() if uid is not None})
    return f"a process of user {' or '.join(users)}" if users else "an unknown process"


def _listening(port: int) -> Iterator[tuple[str, int]]:
    """The sockets that listen at a port: inode and user id."""
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                _, local, _, state, _, _, _, uid, _, inode, *_ = line.split()
                if state == _LISTENS and int(local.rpartition(":")[2], 16) == port:
                    yield inode, int(uid)


def _claims(port: int) -> Iterator[str]:
    """The inodes of the sockets that claim a port."""
    name = claim_name(port).replace("\0", "@")
    with suppress(OSError):
        for line in (_PROC / "net" / "unix").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[-1] == name:
                yield columns[6]


def _sockets(pid: int) -> Iterator[str]:
    """The inodes of the open sockets of a process; none without the permission to see them."""
    with suppress(OSError):
        for each in (_PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                target = str(each.readlink())
                if target.startswith("socket:["):
                    yield target[len("socket:[") : -1]


def _process(pid: int) -> str:
    command = folder = ""
    with suppress(OSError):
        arguments = (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        command = " ".join(arguments.split())
    with suppress(OSError):
        folder = f", in {(_PROC / str(pid) / 'cwd').readlink()}"
    return f"process {pid} ({command[:_COMMAND_CHARACTERS]}{folder})"


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
