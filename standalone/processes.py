"""Child processes: started with a log, waited for until they respond, stopped or killed; none outlives this process."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

from chassis.run_id import HEADER
from standalone import port_owner

DIE_WITH_PARENT = Path(__file__).with_name("die_with_parent.py")

# The kernel takes the end of the thread that started a child for the end of its parent: one thread, which lives as long
# as this process, starts all children.
_STARTER = ThreadPoolExecutor(1, thread_name_prefix="starter")

# Below the kernel's range of ephemeral ports: otherwise a client that connects to a stopped server could itself receive
# the port of that server, which could not start again.
_PORTS = range(20_000, 32_000)

_claimed: set[int] = set()


class ProcessFailed(Exception):
    """A process ended or did not become ready; the message contains the end of its log."""


class Process:
    """A child in its own process group, which can be started, stopped and killed any number of times."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path | None,
        ports: Collection[int] = (),
        ready: Callable[[], bool] | None = None,
        progress: Callable[[], int] = lambda: 0,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: tuple[int, int] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        pass_fds: Collection[int] = (),
    ) -> None:
        """`log` receives the output (None: the output of this process). `ports`: where it listens. `ready` is called
        until it returns true: it must recognise this process, because another one may have its port. `progress`: what
        it has done so far to become ready. `env` replaces the environment; `user` is the (uid, gid) of the child."""
        self.name = name
        self.log = log
        self._command = [str(each) for each in command]
        self._ports = ports
        self._ready = ready
        self._progress = progress
        self._env = env
        self._cwd = cwd
        self._user = user
        self._stop_signal = stop_signal
        self._pass_fds = pass_fds
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False

    @property
    def pid(self) -> int | None:
        """Its process id, also the id of its group, while it runs."""
        return self._child.pid if self._child and self.running else None

    @property
    def running(self) -> bool:
        """Whether it is started and has not ended."""
        return self._child is not None and self._child.poll() is None

    @property
    def returncode(self) -> int | None:
        """Its last exit status (negative: the signal); None before its first end."""
        return self._child.poll() if self._child else None

    def start(self, timeout: float = 60) -> None:
        """Start it and wait until it is ready, at most `timeout` seconds; kill it otherwise. Raises ProcessFailed."""
        self.launch()
        try:
            self.wait_ready(timeout)
        except BaseException:
            self.kill()
            raise

    def launch(self) -> None:
        """Start it without waiting. Raises ProcessFailed when it runs already, or when one of its ports is in use."""
        if self.running:
            raise ProcessFailed(f"{self.name} runs already")
        if in_use := self._port_in_use():
            raise ProcessFailed(f"{self.name} was not started: {in_use}")
        self._child = _STARTER.submit(self._spawn).result()
        self._stopped = False

    def wait_ready(self, timeout: float = 60, others: Collection[Process] = ()) -> None:
        """Wait until it is ready, at most `timeout` seconds without progress. Raises ProcessFailed, also when one of
        the `others` ends meanwhile."""
        deadline = time.monotonic() + timeout
        pause, done = 0.01, 0
        while not (self._ready is None or self._ready()):
            if (end := self.end()) is not None:
                raise ProcessFailed(end)
            check_running(others)
            if (now_done := self._progress()) > done:
                done, deadline = now_done, time.monotonic() + timeout
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{self.name} was not ready after {timeout:.0f} s without progress:\n{self.tail()}")
            time.sleep(pause)
            pause = min(pause * 1.3, 0.1)

    def end(self) -> str | None:
        """How it has ended, with the owner of a port of it and the end of its log; None while it runs or before its
        start."""
        if self._child is None or self.running:
            return None
        in_use = self._port_in_use()
        return f"{self.name} ended with {self.returncode}{f'; {in_use}' if in_use else ''}:\n{self.tail()}"

    @property
    def stopped(self) -> bool:
        """Whether this object has stopped or killed it."""
        return self._stopped

    def request_stop(self) -> None:
        """Request its stop without waiting. A suspended child is resumed, so that it can stop."""
        self._stopped = True
        self._signal(self._stop_signal)
        self.resume()

    def stop(self, timeout: float = 30) -> int | None:
        """Stop it, by force after `timeout` seconds. Returns its exit status, None if it was never started."""
        self.request_stop()
        return self.wait(timeout)

    def wait(self, timeout: float) -> int | None:
        """Wait for its end; kill it after `timeout` seconds. Returns its exit status."""
        if self._child is None:
            return None
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int | None:
        """SIGKILL to its whole group."""
        self._stopped = True
        self._signal(signal.SIGKILL)
        return self._child.wait() if self._child else None

    def pause(self) -> None:
        """Suspend its whole group, like a machine that hangs."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Resume a suspended group."""
        self._signal(signal.SIGCONT)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Suspend its group during the block."""
        self.pause()
        try:
            yield
        finally:
            self.resume()

    def tail(self, lines: int = 20) -> str:
        """The end of its log."""
        return "" if self.log is None else tail(self.log, lines)

    def _port_in_use(self) -> str | None:
        taken = next(filter(in_use, self._ports), None)
        return None if taken is None else f"port {taken} is in use by {port_owner.described(taken)}"

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None and self.running:
            os.killpg(self._child.pid, number)

    def _spawn(self) -> subprocess.Popen[bytes]:
        user = f"{self._user[0]}:{self._user[1]}" if self._user else ""
        wrapper = [
            sys.executable,
            "-I",
            "-S",
            str(DIE_WITH_PARENT),
            str(os.getpid()),
            str(int(self._stop_signal)),
            user,
        ]
        with ExitStack() as stack:
            output = None
            if self.log is not None:
                self.log.parent.mkdir(parents=True, exist_ok=True)
                output = stack.enter_context(self.log.open("ab"))
            return subprocess.Popen(
                [*wrapper, *self._command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                env=self._env,
                cwd=self._cwd,
                process_group=0,
                pass_fds=tuple(self._pass_fds),
            )


def tail(log: Path, lines: int = 20) -> str:
    """The end of a log; empty before its first line."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def stop_together(processes: Iterable[Process], timeout: float = 30) -> None:
    """Stop all, then wait for all; kill those that are still running after `timeout` seconds."""
    asked = list(processes)
    for each in asked:
        each.request_stop()
    deadline = time.monotonic() + timeout
    for each in asked:
        each.wait(max(deadline - time.monotonic(), 0))


def check_running(processes: Iterable[Process]) -> None:
    """Raise ProcessFailed when one of the started processes has ended by itself; the message names each and shows the
    end of its log."""
    ended = [end for process in processes if not process.stopped and (end := process.end()) is not None]
    if ended:
        raise ProcessFailed("\n".join(ended))


def answers(url: str, timeout: float = 1, *, run_id: str | None = None) -> bool:
    """Whether a GET of `url` returns 2xx within `timeout` seconds. With a `run_id`: from the process that was started
    with it."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:  # noqa: S310
            return bool(200 <= response.status < 300 and run_id in (None, response.headers[HEADER]))
    except (OSError, HTTPException):
        return False


def progress(url: str, timeout: float = 1, *, run_id: str) -> int:
    """The count of records that the process with this run id has applied to become ready, as `/readyz` reports it; 0
    when it reports none."""
    try:
        urllib.request.urlopen(url, timeout=timeout).close()  # noqa: S310
    except urllib.error.HTTPError as response:
        with response:
            if response.headers[HEADER] != run_id:
                return 0
            try:
                parts: dict[str, Any] = json.load(response).get("progress", {})
            except (OSError, ValueError):
                return 0
            return sum(each["applied"] for each in parts.values())
    except (OSError, HTTPException):
        return 0
    return 0


def in_use(port: int) -> bool:
    """Whether a process listens at that port of this machine, so that no other one can."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def accepts(port: int, timeout: float = 1) -> bool:
    """Whether a process accepts connections at that port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout).close()
    except OSError:
        return False
    return True


def claim(port: int) -> bool:
    """Take a port for this process, until it ends, before anything listens there; False when another process has taken
    it.

    The claim is a name that one process of the machine can bind. A reservation as in `free_port` would fail for a
    minute after the end of a server at that port, because of its closed connections.
    """
    if port not in _claimed:
        with socket.socket(socket.AF_UNIX) as name:
            try:
                name.bind(port_owner.claim_name(port))
            except OSError:
                return False
            name.detach()  # stays open
        _claimed.add(port)
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
