"""Becomes a command that ends when the process that started it ends.

Run by path, without site packages: `python die_with_parent.py PARENT SIGNAL UID:GID COMMAND…`. The kernel sends SIGNAL
when PARENT has ended for any reason. An empty `UID:GID` leaves the user unchanged.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(parent: str, signal: str, user: str, *command: str) -> None:
    """Switch to the user, bind the process to its parent, and execute the command."""
    if user:
        uid, gid = map(int, user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user, which would reset it.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal))
    if os.getppid() != int(parent):
        sys.exit("the process that started this one is gone")
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
