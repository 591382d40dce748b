"""docker-compose.yml agrees with the services and the standalone system, and contains no secret."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from anning.services import NAMES, load, load_all
from deploy import compose
from standalone import kafka, postgres
from tests.parts import containers

ROOT = Path(__file__).resolve().parents[3]
FILE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = FILE["services"]
VOLUMES = set(FILE["volumes"])
KEYED = {service.name for service in load_all() if service.personal}
CAPABILITIES = {"install": {"CHOWN", "DAC_OVERRIDE", "FOWNER"}}
"""Of the container that gives each secret to its user."""
WRITES_INTO_ITS_IMAGE = {"kafka"}
ADDRESSES = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}


def test_the_file_is_generated_from_the_declarations_of_services() -> None:
    written = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")

    assert written == compose.rendered(load_all()), "docker-compose.yml is stale: make compose"


def test_a_new_service_needs_no_edit_of_the_template() -> None:
    new = replace(load(NAMES[0]), name="parcels", http_port=8042, personal=True)
    rendered = yaml.safe_load(compose.rendered([*load_all(), new]))

    added = {"parcels-api", "parcels-worker", "parcels-migrate"}
    assert rendered["services"].keys() - SERVICES.keys() == added
    assert all(rendered["services"][name]["image"] == "anning/parcels" for name in added)
    api = rendered["services"]["parcels-api"]
    assert api["ports"] == ["${ANNING_BIND:-127.0.0.1}:${ANNING_PARCELS_PORT:-8042}:8000"]
    assert rendered["services"]["parcels-worker"]["environment"]["ANNING_KEYS_FILE"] == "/run/anning-keys/keys.json"
    assert "parcels-migrate" in rendered["services"]["credit-api"]["depends_on"]
    assert "parcels-secrets" in rendered["volumes"]
    assert rendered["services"]["databases"]["command"][-1] == "parcels"


def test_a_service_with_its_own_lock_is_built_from_that_lock(tmp_path: Path) -> None:
    (tmp_path / "parcels.lock").touch()

    assert compose.build_arguments("parcels", tmp_path) == {"SERVICE": "parcels", "LOCK": "parcels"}
    assert compose.build_arguments("letters", tmp_path) == {"SERVICE": "letters"}


def test_every_service_has_an_api_a_worker_and_a_migration() -> None:
    required = {f"{name}-{part}" for name in NAMES for part in ("api", "worker", "migrate")}

    assert required <= SERVICES.keys()


def test_kafka_has_the_settings_of_the_standalone_system() -> None:
    environment = SERVICES["kafka"]["environment"]
    settings = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for name, value in environment.items()
        if not name.endswith("_OPTS")
    }

    assert {name: value for name, value in settings.items() if name not in ADDRESSES} == kafka.SETTINGS


def test_postgresql_has_the_settings_of_the_standalone_system() -> None:
    server, *options = SERVICES["postgres"]["command"]

    assert server == "postgres"
    assert set(options[::2]) == {"-c"}
    assert dict(each.split("=") for each in options[1::2]) == postgres.SETTINGS


def test_the_images_are_those_of_the_tests() -> None:
    assert SERVICES["kafka"]["image"] == containers.KAFKA_IMAGE
    assert SERVICES["postgres"]["image"] == containers.POSTGRES_IMAGE


def test_own_images_are_never_pulled_from_a_registry() -> None:
    own = [each for each in SERVICES.values() if each["image"].startswith("anning/")]

    assert {each["pull_policy"] for each in own if "build" in each} == {"build"}
    assert {each["pull_policy"] for each in own if "build" not in each} == {"never"}


@pytest.mark.parametrize("service", SERVICES)
def test_the_file_contains_no_secret(service: str) -> None:
    for name, value in SERVICES[service].get("environment", {}).items():
        if re.search("PASS|SECRET|KEY|TOKEN|CREDENTIAL", name):
            assert re.match("/run/anning(-keys)?/|http://", value), name
        assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), name


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_has_no_more_rights_than_it_needs(service: str) -> None:
    container = SERVICES[service]

    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert set(container.get("cap_add", ())) == CAPABILITIES.get(service, set())
    assert container["read_only"] == (service not in WRITES_INTO_ITS_IMAGE)
    assert container["mem_limit"]
    assert container["pids_limit"]
    assert not {"privileged", "pid", "ipc", "devices"} & container.keys()
    # The images of the services, of the sandbox and of Kafka have a user of their own.
    assert container["image"] not in ("anning/install", "postgres:17") or container.get("user") or service == "install"


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_mounts_only_the_secrets_that_it_needs(service: str) -> None:
    name, _, role = service.partition("-")
    mounted = {each.split(":")[0] for each in SERVICES[service].get("volumes", ())} - {"postgres", "kafka"}
    own = {f"{name}-owner-secrets" if role == "migrate" else f"{name}-secrets"}
    own |= {f"{name}-keys"} if name in KEYED and role in ("api", "worker") else set()
    needed = {
        "install": VOLUMES - {"postgres", "kafka"},
        "databases": {
            "databases-secrets",
            *(f"{name}-secrets" for name in NAMES),
            *(f"{name}-owner-secrets" for name in NAMES),
        },
        "broker": {"broker-secrets", *(f"{name}-secrets" for name in NAMES)},
    }

    assert mounted == needed.get(service, own)
    if service != "install":
        assert all(each.endswith(":ro") for each in SERVICES[service].get("volumes", ()) if "/var/lib" not in each)


@pytest.mark.parametrize("service", SERVICES)
def test_no_monitoring_port_is_published(service: str) -> None:
    published = [each.rsplit(":", 1)[-1] for each in SERVICES[service].get("ports", ())]
    assert set(published) <= {"8000"}


@pytest.mark.parametrize("service", SERVICES)
def test_other_services_wait_for_every_service_that_ends(service: str) -> None:
    """`docker compose up --wait` fails when a container ends on which no other service depends."""
    ends = SERVICES[service].get("restart") == "no"
    conditions = {each.get("depends_on", {}).get(service, {}).get("condition") for each in SERVICES.values()}

    assert ends == ("service_completed_successfully" in conditions)


@pytest.mark.parametrize("service", NAMES)
def test_the_owner_of_a_database_is_known_to_its_migration_only(service: str) -> None:
    for name, part in SERVICES.items():
        migrates = name == f"{service}-migrate"
        assert (f"anning_{service}_owner" in str(part.get("environment"))) == migrates, name
        mounts = [each for each in part.get("volumes", ()) if each.startswith(f"{service}-owner-secrets:")]
        assert bool(mounts) == (migrates or name in ("install", "databases")), name
    assert SERVICES[f"{service}-migrate"]["volumes"] == [f"{service}-owner-secrets:/run/anning:ro"]
    assert "ANNING_KEYS_FILE" not in SERVICES[f"{service}-migrate"]["environment"]
