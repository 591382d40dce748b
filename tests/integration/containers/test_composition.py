"""`docker compose up --wait`: the whole system in containers."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from anning.services import NAMES, load_all
from chassis import clock
from chassis.version import API_PREFIX
from sandbox import install, scenario
from sandbox.tokens import Bearer, Tokens
from standalone.organisations import split_complaints, split_register
from tests.integration.containers.engine import CREDENTIALS, Composition, EngineFailed, within

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]

STAFF = "regulator:MIIT"
PROCESSES = {"postgres", "kafka", "sandbox", *(f"{name}-{role}" for name in NAMES for role in ("api", "worker"))}
TASKS = {"install", "databases", "broker", *(f"{name}-migrate" for name in NAMES)}
SECRETS = {
    "postgres": {"anning/password"},
    **{
        f"{service.name}-{role}": {"anning/pgpass", "anning/kafka-password"}
        | ({"anning-keys/keys.json"} if service.personal else set())
        for service in load_all()
        for role in ("api", "worker")
    },
    "sandbox": {"anning/key.json", "anning/clients.json"},
}


def of_service(container: Any) -> str:
    return str(container["Config"]["Labels"]["com.docker.compose.service"])


def member_count(composition: Composition, group: str) -> int:
    members = composition.execute(
        "kafka",
        *("/opt/kafka/bin/kafka-consumer-groups.sh", "--bootstrap-server", "127.0.0.1:9094"),
        *("--command-config", "/run/anning/client.properties"),
        *("--describe", "--members", "--group", group),
    )
    return len(re.findall(rf"^{re.escape(group)}\s", members, re.MULTILINE))


def test_every_process_is_healthy_and_every_task_has_succeeded(composition: Composition) -> None:
    states = {of_service(each): each["State"] for each in composition.containers()}

    assert {name: state["Health"]["Status"] for name, state in states.items() if name in PROCESSES} == dict.fromkeys(
        PROCESSES, "healthy"
    )
    assert {name: (state["Status"], state["ExitCode"]) for name, state in states.items() if name not in PROCESSES} == (
        dict.fromkeys(TASKS, ("exited", 0))
    )


def test_a_complaint_filed_from_this_machine_is_assessed(composition: Composition) -> None:
    now = clock.now()
    complaint = {
        "channel": "12321_web",
        "complainant_number": "13900001234",
        "sender_number": "1069012345678",
        "text": "【示例】限时优惠，全场五折，回T退订",
        "sent_at": (now - timedelta(hours=2)).isoformat(),
        "received_at": (now - timedelta(hours=1)).isoformat(),
    }
    with composition.client("complaints", STAFF) as staff:
        channel = install.client(composition.credentials, f"channel:{complaint['channel']}")
        filed = httpx2.post(
            f"{composition.url('complaints')}{API_PREFIX}/complaints",
            json=complaint,
            auth=Bearer(Tokens(composition.url("tokens"), channel)),
            trust_env=False,
        )
        assert filed.status_code == 201, filed.text

        path = filed.headers["Location"].removeprefix(API_PREFIX)
        found = within(60, lambda: (view := staff.get(path))["state"] == "assessed" and view)

    assert found["assessment"]["category"] == "commercial"


def test_complaints_become_orders_that_carriers_execute(composition: Composition, tmp_path: Path) -> None:
    scenario.write(scenario.generate(clock.now()), tmp_path)
    with composition.client("complaints", STAFF) as complaints, composition.client("ports", STAFF) as ports:
        for carrier, part in split_register(tmp_path / "ports.csv", tmp_path / "carriers").items():
            if carrier is not None:
                with composition.client("ports", carrier) as own:
                    assert own.upload("/filing-imports", part, "text/csv")["accepted"] > 0
        declared = ports.get("/statistics")["ports"]["declared"]
        within(60, lambda: complaints.get("/statistics")["ports_known"] == declared)

        (file,) = tmp_path.glob("complaints.ndjson*")
        for channel, part in split_complaints(file, tmp_path / "channels").items():
            if channel is not None:
                with composition.client("complaints", channel) as own:
                    assert own.upload("/complaint-imports", part, "application/x-ndjson")["accepted"] > 0

        executed = within(120, lambda: ports.get("/orders", state="executed")["items"])

    assert executed[0]["evidence"]


def test_tokens_fetched_inside_and_outside_are_accepted_by_every_service(composition: Composition) -> None:
    client = install.client(composition.credentials, STAFF)
    fetch = (
        "import sys, httpx2; client, secret, url = sys.argv[1:]; form = {'grant_type': 'client_credentials'}\n"
        "print(httpx2.post(f'{url}/token', data=form, auth=(client, secret)).json()['access_token'])"
    )
    inside = composition.execute(
        "complaints-api", "python", "-c", fetch, client.client_id, client.secret, "http://sandbox:8000"
    )
    outside = Tokens(composition.url("tokens"), client).bearer()

    for token in (inside.strip(), outside):
        for service in NAMES:
            headers = {"Authorization": f"Bearer {token}"}
            answer = httpx2.get(f"{composition.url(service)}{API_PREFIX}/statistics", headers=headers, trust_env=False)
            assert answer.status_code == 200, answer.text


def test_the_token_command_in_the_sandbox_container_prints_a_valid_token(composition: Composition) -> None:
    token = composition.execute("sandbox", "anning", "token", "regulator-MIIT").strip()

    headers = {"Authorization": f"Bearer {token}"}
    for service in NAMES:
        answer = httpx2.get(f"{composition.url(service)}{API_PREFIX}/statistics", headers=headers, trust_env=False)
        assert answer.status_code == 200, answer.text
    with pytest.raises(
        EngineFailed, match=r"there is no person or client 'regulator-NONE'; there are: .*regulator-MIIT"
    ):
        composition.execute("sandbox", "anning", "token", "regulator-NONE")


def test_every_container_has_only_its_own_secrets(composition: Composition) -> None:
    for service, files in SECRETS.items():
        listed = composition.execute(
            service, "sh", "-c", "cd /run && stat -c '%n %a' anning*/* anning*/.[!.]* 2>/dev/null; true"
        )
        assert set(listed.splitlines()) == {f"{file} 600" for file in files}, service


def test_no_running_container_has_more_rights_than_it_needs(composition: Composition) -> None:
    containers = {of_service(each): each for each in composition.containers()}
    for service in PROCESSES:
        host = containers[service]["HostConfig"]
        assert composition.execute(service, "id", "-u").strip() != "0", service
        assert composition.execute(service, "grep", "^CapEff", "/proc/1/status").split() == ["CapEff:", "0" * 16], (
            service
        )
        assert composition.execute(service, "grep", "^NoNewPrivs", "/proc/1/status").split() == ["NoNewPrivs:", "1"]
        assert host["ReadonlyRootfs"] == (service != "kafka"), service
        assert 0 < host["Memory"] <= 2 * 1024**3
        assert host["PidsLimit"] > 0


def test_the_public_port_states_only_whether_a_service_is_ready(composition: Composition) -> None:
    fetch = (
        "import urllib.request; url = 'http://127.0.0.1:8100/readyz'\n"
        "print(urllib.request.urlopen(url).status, urllib.request.urlopen('http://127.0.0.1:8100/metrics').status)"
    )
    for name in NAMES:
        assert httpx2.get(f"{composition.url(name)}/readyz", trust_env=False).json() == {"status": "ready"}
        assert httpx2.get(f"{composition.url(name)}/metrics", trust_env=False).status_code == 404
        for role in ("api", "worker"):
            assert composition.execute(f"{name}-{role}", "python", "-c", fetch).split() == ["200", "200"]


def test_container_descriptions_and_logs_contain_no_secret(composition: Composition) -> None:
    client = install.client(composition.credentials, STAFF)
    secrets = [client.secret, composition.execute("postgres", "cat", "/run/anning/password")]
    for name in NAMES:
        passfile = composition.execute(f"{name}-api", "cat", "/run/anning/pgpass")
        secrets.append(passfile.strip().rpartition(":")[2])
    visible = str(list(composition.containers())) + composition("logs", "--no-color")

    assert all(len(each) >= 32 for each in secrets)
    assert not [each for each in secrets if each in visible]


def test_only_apis_and_the_issuer_are_published_and_only_on_loopback(composition: Composition) -> None:
    published = {
        (of_service(container), binding["HostIp"], int(binding["HostPort"]))
        for container in composition.containers()
        for bindings in container["NetworkSettings"]["Ports"].values()
        for binding in bindings or []
    }

    assert published == {
        *((f"{name}-api", "127.0.0.1", composition.ports[name]) for name in NAMES),
        ("sandbox", "127.0.0.1", composition.ports["tokens"]),
    }


def test_a_service_cannot_connect_to_the_database_of_another(composition: Composition) -> None:
    connect = (
        "import sys, psycopg; passfile = open('/run/anning/pgpass').read().strip(); role, database = sys.argv[1:]\n"
        "psycopg.connect(host='postgres', user=role, dbname=database, password=passfile.rpartition(':')[2])"
    )
    composition.execute("ports-api", "python", "-c", connect, "anning_ports", "anning_ports")

    with pytest.raises(EngineFailed, match="permission denied for database"):
        composition.execute("ports-api", "python", "-c", connect, "anning_ports", "anning_complaints")
    with pytest.raises(EngineFailed, match="password authentication failed"):
        composition.execute("ports-api", "python", "-c", connect, "anning_complaints", "anning_complaints")


def test_a_second_up_keeps_secrets_and_data_and_scales_a_worker(composition: Composition) -> None:
    with composition.client("complaints", STAFF) as staff:
        before = (composition.execute("sandbox", "cat", CREDENTIALS), staff.get("/statistics")["filed"])

    composition.up("--scale", "complaints-worker=2")

    with composition.client("complaints", STAFF) as staff:
        assert (composition.execute("sandbox", "cat", CREDENTIALS), staff.get("/statistics")["filed"]) == before
    assert within(60, lambda: member_count(composition, "complaints.filings.1") == 2)
