"""Child processes: started with a log, waited for until they answer, stopped or killed; none outlives us."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LEASH = Path(__file__).with_name("leash.py")

# The kernel takes the end of the thread that started a child for the end of its parent, so one thread starts them all
# and lives as long as we do.
_STARTER = ThreadPoolExecutor(1, thread_name_prefix="starter")

# Below the range from which the kernel draws ports of outgoing connections: a client that knocks at a server which is
# down could else be given the server's own port, and the server could not come back.
_PORTS = range(20_000, 32_000)


class ProcessFailed(Exception):
    """A process ended or did not become ready; the message carries the end of its log."""


class Process:
    """A child in a process group of its own, which may be started, stopped and killed any number of times."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        ready: Callable[[], bool] | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: tuple[int, int] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        pass_fds: Collection[int] = (),
    ) -> None:
        """`ready` is asked until it holds; `env` replaces the environment; `user` is (uid, gid) to run as."""
        self.name = name
        self.log = log
        self._command = [str(each) for each in command]
        self._ready = ready
        self._env = env
        self._cwd = cwd
        self._user = user
        self._stop_signal = stop_signal
        self._pass_fds = pass_fds
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id, and that of its group, while it runs."""
        return self._child.pid if self._child and self.running else None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    @property
    def returncode(self) -> int | None:
        """What it ended with (a negative number: by that signal); None before its first end."""
        return self._child.poll() if self._child else None

    def start(self, timeout: float = 60) -> None:
        """Starts it and waits until it is ready, at most `timeout` seconds, else kills it. Raises ProcessFailed."""
        self.launch()
        try:
            self.wait_ready(timeout)
        except BaseException:
            self.kill()
            raise

    def launch(self) -> None:
        """Starts it and does not wait."""
        if self.running:
            raise ProcessFailed(f"{self.name} runs already")
        self._child = _STARTER.submit(self._spawn).result()

    def wait_ready(self, timeout: float = 60) -> None:
        """Waits until it is ready, at most `timeout` seconds. Raises ProcessFailed."""
        deadline = time.monotonic() + timeout
        pause = 0.01
        while not (self._ready is None or self._ready()):
            if not self.running:
                raise ProcessFailed(f"{self.name} ended with {self.returncode}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{self.name} was not ready after {timeout:.0f} s:\n{self.tail()}")
            time.sleep(pause)
            pause = min(pause * 1.3, 0.1)

    def request_stop(self) -> None:
        """Asks it to stop and does not wait. What is paused goes on, to stop."""
        self._signal(self._stop_signal)
        self.resume()

    def stop(self, timeout: float = 30) -> int | None:
        """Stops it, by force after `timeout` seconds. Returns what it ended with, None if it was never started."""
        self.request_stop()
        return self.wait(timeout)

    def wait(self, timeout: float) -> int | None:
        """Waits for its end; kills it after `timeout` seconds. Returns what it ended with."""
        if self._child is None:
            return None
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int | None:
        """SIGKILL to its whole group."""
        self._signal(signal.SIGKILL)
        return self._child.wait() if self._child else None

    def pause(self) -> None:
        """Stops its whole group in its tracks, as a machine that hangs would."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets a paused group go on."""
        self._signal(signal.SIGCONT)

    def tail(self, lines: int = 20) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None and self.running:
            os.killpg(self._child.pid, number)

    def _spawn(self) -> subprocess.Popen[bytes]:
        user = f"{self._user[0]}:{self._user[1]}" if self._user else ""
        leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(self._stop_signal)), user]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*leash, *self._command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd=self._cwd,
                process_group=0,
                pass_fds=tuple(self._pass_fds),
            )


def stop_together(processes: Iterable[Process], timeout: float = 30) -> None:
    """Asks all to stop, then waits for all; those that are still there after `timeout` seconds are killed."""
    asked = list(processes)
    for each in asked:
        each.request_stop()
    deadline = time.monotonic() + timeout
    for each in asked:
        each.wait(max(deadline - time.monotonic(), 0))


def answers(url: str, timeout: float = 1) -> bool:
    """Whether a GET of `url` is answered with a 2xx within `timeout` seconds."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:  # noqa: S310
            return bool(200 <= response.status < 300)
    except (OSError, urllib.error.URLError):
        return False


def accepts(port: int, timeout: float = 1) -> bool:
    """Whether something listens at that port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port of this machine at which nothing listens, reserved for this process until it ends.

    A server may listen there: servers set SO_REUSEADDR, with which a port may be bound a second time while nothing
    listens at it. A search for a free port binds without that option, so no process finds a reserved one.
    """
    for port in random.sample(_PORTS, 100):
        with socket.socket() as reservation:
            try:
                reservation.bind(("127.0.0.1", port))
            except OSError:
                continue
            reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            reservation.detach()  # stays open
        return port
    raise ProcessFailed("no free port found")
