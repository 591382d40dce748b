"""The sandbox as its own process, as a person or the standalone system starts it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from contracts.carriers import CARRIERS
from sandbox import install
from sandbox.tokens import Tokens
from standalone.processes import Process, answers, free_port

ROOT = Path(__file__).resolve().parents[3]


def _environment(**settings: str) -> dict[str, str]:
    told = {f"ANNING_SANDBOX_{name.upper()}": value for name, value in settings.items()}
    return {"PATH": os.environ["PATH"], **told}


def _sandbox(folder: Path, issuer: str, **services: int) -> Process:
    """The sandbox, told of these services at these ports of the machine: `ports_url`, `referrals_url`."""
    install.into(folder / "credentials")
    told = {name: f"http://127.0.0.1:{port}" for name, port in services.items()}
    return Process(
        "sandbox",
        [sys.executable, "-m", "sandbox"],
        log=folder / "log",
        ready=partial(answers, f"{issuer}/readyz"),
        env=_environment(directory=str(folder / "credentials"), issuer=issuer, **told),
        cwd=ROOT,
    )


@pytest.mark.parametrize(
    ("services", "at_work"),
    [
        ((), 0),
        (("ports_url",), len(CARRIERS)),
        (("referrals_url",), 8),
        (("ports_url", "referrals_url"), len(CARRIERS) + 8),
    ],
)
def test_it_serves_tokens_and_stops_whoever_is_at_work_when_it_is_asked_to(
    tmp_path: Path, services: tuple[str, ...], at_work: int
) -> None:
    issuer = f"http://127.0.0.1:{free_port()}"
    sandbox = _sandbox(tmp_path, issuer, **{name: free_port() for name in services})
    try:
        sandbox.start()
        assert Tokens(issuer, install.client(tmp_path / "credentials", "regulator:MIIT")).bearer().count(".") == 2
    finally:
        ended = sandbox.stop()
    assert ended == 0, sandbox.tail()
    assert (tmp_path / "log").read_text().count("correspondent stopped") == at_work


def test_asked_again_while_it_waits_for_a_carrier_it_stops_the_others_all_the_same(tmp_path: Path) -> None:
    # The kernel asks once for each thread of a parent that is killed.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sandbox = _sandbox(tmp_path, f"http://127.0.0.1:{free_port()}", ports_url=silent.getsockname()[1])
        sandbox.start()
        talking = [silent.accept()[0] for _ in range(4)]
        for _ in range(5):
            sandbox.request_stop()
            time.sleep(0.1)
        for each in talking:
            each.close()
    assert sandbox.wait(30) == 0, sandbox.tail()
    assert (tmp_path / "log").read_text().count("correspondent stopped") == 4


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "directory"),
        ({"directory": "nowhere", "issuer": "http://127.0.0.1:1"}, r"python -m sandbox.install nowhere"),
    ],
)
def test_it_does_not_start_without_what_it_needs_and_says_what_that_is(settings: dict[str, str], said: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox"],
        env=_environment(**settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("settings", "stranger"),
    [
        ({"ports_url": "http://127.0.0.1:1", "carriers": "CMCC,MVNO"}, "MVNO"),
        # It has a client, and does not exist any more.
        ({"referrals_url": "http://127.0.0.1:1", "authorities": "SAMR, CBIRC"}, "CBIRC"),
    ],
)
def test_who_has_no_habits_is_not_put_to_work(tmp_path: Path, settings: dict[str, str], stranger: str) -> None:
    install.into(tmp_path / "credentials")
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox"],
        env=_environment(
            directory=str(tmp_path / "credentials"),
            issuer=f"http://127.0.0.1:{free_port()}",
            **settings,
        ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (1, f"sandbox: nothing is said of how {stranger} behaves\n")
