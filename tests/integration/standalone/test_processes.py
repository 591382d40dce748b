"""Child processes start, stop within a time limit, and end with their parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from standalone.processes import Process, ProcessFailed, answers, free_port, stop_together

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def has_ended_within(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_running(pid)


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import time\n"
        "from pathlib import Path\n"
        "from standalone.processes import Process\n"
        f"child = Process('child', {SLEEP!r}, log=Path({str(tmp_path / 'log')!r}))\n"
        "child.start()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.kill()
    assert has_ended_within(child)


def test_a_child_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    child = Process("child", SLEEP, log=tmp_path / "log")
    thread = Thread(target=child.start)
    thread.start()
    thread.join()
    time.sleep(0.2)  # the absence of a signal cannot be observed otherwise
    assert child.running
    child.kill()


def test_start_waits_until_the_process_answers(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    server = Process(
        "server",
        [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
        log=tmp_path / "log",
        ready=lambda: answers(url),
    )
    server.start()
    assert answers(url)
    assert server.stop() == -signal.SIGTERM
    assert not answers(url)


def test_a_free_port_is_reserved_for_one_process_and_usable_by_a_server() -> None:
    port = free_port()
    program = f"from standalone import processes\nprocesses._PORTS = [{port}] * 100\nprocesses.free_port()"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "no free port found" in other.stderr
    with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
        pass


def test_a_process_without_a_log_writes_to_the_output_of_its_parent(capfd: pytest.CaptureFixture[str]) -> None:
    child = Process("child", [sys.executable, "-c", "print('line')"], log=None)
    child.start()
    assert child.wait(10) == 0
    assert capfd.readouterr().out == "line\n"
    assert child.tail() == ""


def test_the_error_of_a_process_that_ends_immediately_contains_its_output(tmp_path: Path) -> None:
    child = Process("child", [sys.executable, "-c", "exit('no key')"], log=tmp_path / "log", ready=lambda: False)
    with pytest.raises(ProcessFailed, match=r"child ended with 1:\nno key"):
        child.start()


def test_start_fails_when_a_process_is_not_ready_in_time(tmp_path: Path) -> None:
    child = Process("child", SLEEP, log=tmp_path / "log", ready=lambda: False)
    with pytest.raises(ProcessFailed, match="child was not ready after 0 s without progress"):
        child.start(timeout=0.2)
    assert not child.running


def test_a_process_that_ignores_the_stop_signal_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); print('running', flush=True); time.sleep(600)"
    child = Process("child", [sys.executable, "-c", program], log=log, ready=lambda: "running" in log.read_text())
    child.start()
    assert child.stop(timeout=0.2) == -signal.SIGKILL


def test_a_paused_process_can_be_stopped(tmp_path: Path) -> None:
    child = Process("child", SLEEP, log=tmp_path / "log")
    child.start()
    child.pause()
    assert child.stop() == -signal.SIGTERM


def test_several_processes_stop_concurrently(tmp_path: Path) -> None:
    children = [Process(f"child {number}", SLEEP, log=tmp_path / f"{number}.log") for number in range(3)]
    for each in children:
        each.start()
    stop_together(children)
    assert [each.returncode for each in children] == [-signal.SIGTERM] * 3


def test_a_process_runs_as_the_given_user(tmp_path: Path) -> None:
    log = tmp_path / "log"
    user = (65534, 65534) if os.geteuid() == 0 else None  # only root can switch users
    child = Process("child", ["/bin/sh", "-c", "id -u; id -g"], log=log, user=user)
    child.start()
    assert child.wait(10) == 0
    assert log.read_text().split() == [str(each) for each in user or (os.geteuid(), os.getegid())]
