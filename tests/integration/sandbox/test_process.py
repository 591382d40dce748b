"""The sandbox as a separate process, as users and the standalone system start it."""

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


RUN_ID = "sandbox-4711"


def _environment(**settings: str) -> dict[str, str]:
    variables = {f"ANNING_SANDBOX_{name.upper()}": value for name, value in settings.items()}
    return {"PATH": os.environ["PATH"], **variables}


def _sandbox(folder: Path, issuer: str, **services: int) -> Process:
    """The sandbox, configured with the local ports of services: `ports_url`, `referrals_url`."""
    install.into(folder / "credentials")
    urls = {name: f"http://127.0.0.1:{port}" for name, port in services.items()}
    return Process(
        "sandbox",
        [sys.executable, "-m", "sandbox"],
        log=folder / "log",
        ready=partial(answers, f"{issuer}/readyz", run_id=RUN_ID),
        env=_environment(directory=str(folder / "credentials"), issuer=issuer, run_id=RUN_ID, **urls),
        cwd=ROOT,
    )


@pytest.mark.parametrize(
    ("services", "running"),
    [
        ((), 0),
        (("ports_url",), len(CARRIERS)),
        (("referrals_url",), 8),
        (("ports_url", "referrals_url"), len(CARRIERS) + 8),
    ],
)
def test_the_sandbox_issues_tokens_and_stops_its_organisations_on_request(
    tmp_path: Path, services: tuple[str, ...], running: int
) -> None:
    issuer = f"http://127.0.0.1:{free_port()}"
    sandbox = _sandbox(tmp_path, issuer, **{name: free_port() for name in services})
    try:
        sandbox.start()
        assert Tokens(issuer, install.client(tmp_path / "credentials", "regulator:MIIT")).bearer().count(".") == 2
    finally:
        ended = sandbox.stop()
    assert ended == 0, sandbox.tail()
    assert (tmp_path / "log").read_text().count("correspondent stopped") == running


def test_a_repeated_stop_signal_does_not_interrupt_the_stop_of_organisations(tmp_path: Path) -> None:
    # The kernel sends the signal once per thread of a killed parent.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sandbox = _sandbox(tmp_path, f"http://127.0.0.1:{free_port()}", ports_url=silent.getsockname()[1])
        sandbox.start()
        connections = [silent.accept()[0] for _ in range(4)]
        for _ in range(5):
            sandbox.request_stop()
            time.sleep(0.1)
        for each in connections:
            each.close()
    assert sandbox.wait(30) == 0, sandbox.tail()
    assert (tmp_path / "log").read_text().count("correspondent stopped") == 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "directory"),
        ({"directory": "nowhere", "issuer": "http://127.0.0.1:1"}, r"python -m sandbox.install nowhere"),
    ],
)
def test_the_sandbox_does_not_start_without_required_settings_and_names_them(
    settings: dict[str, str], message: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox"],
        env=_environment(**settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("settings", "unknown"),
    [
        ({"ports_url": "http://127.0.0.1:1", "carriers": "CMCC,MVNO"}, "MVNO"),
        # It has a client but no longer exists.
        ({"referrals_url": "http://127.0.0.1:1", "authorities": "SAMR, CBIRC"}, "CBIRC"),
    ],
)
def test_an_organisation_without_a_configured_behaviour_is_refused(
    tmp_path: Path, settings: dict[str, str], unknown: str
) -> None:
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
    assert (ended.returncode, ended.stderr) == (1, f"sandbox: no behaviour is configured for {unknown}\n")
