"""docker-compose.yml agrees with what the system is elsewhere, and tells no secret."""

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
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
PLACES = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}


def test_the_file_is_what_the_services_declare() -> None:
    written = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")

    assert written == compose.rendered(load_all()), "docker-compose.yml is stale: make compose"


def test_a_further_service_is_in_the_file_with_no_edit_of_the_template() -> None:
    further = replace(load(NAMES[0]), name="parcels", http_port=8042, personal=True)
    made = yaml.safe_load(compose.rendered([*load_all(), further]))

    added = {"parcels-api", "parcels-worker", "parcels-migrate"}
    assert made["services"].keys() - SERVICES.keys() == added
    assert all(made["services"][name]["image"] == "anning/parcels" for name in added)
    assert made["services"]["parcels-api"]["ports"] == ["${ANNING_BIND:-127.0.0.1}:${ANNING_PARCELS_PORT:-8042}:8000"]
    assert made["services"]["parcels-worker"]["environment"]["ANNING_KEYS_FILE"] == "/run/anning/keys.json"
    assert "parcels-migrate" in made["services"]["credit-api"]["depends_on"]
    assert "parcels-secrets" in made["volumes"]
    assert made["services"]["databases"]["command"][-1] == "parcels"


def test_a_service_with_a_lock_of_its_own_is_built_from_that(tmp_path: Path) -> None:
    (tmp_path / "parcels.lock").touch()

    assert compose.build_arguments("parcels", tmp_path) == {"SERVICE": "parcels", "LOCK": "parcels"}
    assert compose.build_arguments("letters", tmp_path) == {"SERVICE": "letters"}


def test_there_is_an_api_a_worker_and_a_migration_of_every_service() -> None:
    wanted = {f"{name}-{part}" for name in NAMES for part in ("api", "worker", "migrate")}

    assert wanted <= SERVICES.keys()


def test_kafka_is_set_as_in_the_standalone_system() -> None:
    environment = SERVICES["kafka"]["environment"]
    settings = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for name, value in environment.items()
        if not name.endswith("_OPTS")
    }

    assert {name: value for name, value in settings.items() if name not in PLACES} == kafka.SETTINGS


def test_postgresql_is_set_as_in_the_standalone_system() -> None:
    server, *options = SERVICES["postgres"]["command"]

    assert server == "postgres"
    assert set(options[::2]) == {"-c"}
    assert dict(each.split("=") for each in options[1::2]) == postgres.SETTINGS


def test_the_images_are_those_that_tests_run_against() -> None:
    assert SERVICES["kafka"]["image"] == containers.KAFKA_IMAGE
    assert SERVICES["postgres"]["image"] == containers.POSTGRES_IMAGE


def test_images_of_ours_are_never_looked_for_in_a_registry() -> None:
    ours = [each for each in SERVICES.values() if each["image"].startswith("anning/")]

    assert {each["pull_policy"] for each in ours if "build" in each} == {"build"}
    assert {each["pull_policy"] for each in ours if "build" not in each} == {"never"}


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_stands_in_the_file(service: str) -> None:
    for name, value in SERVICES[service].get("environment", {}).items():
        if re.search("PASS|SECRET|KEY|TOKEN|CREDENTIAL", name):
            assert re.match("/run/anning/|http://", value), name
        assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), name


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_ends_is_waited_for(service: str) -> None:
    """`docker compose up --wait` takes the end of what nobody waits for as a failure."""
    ends = SERVICES[service].get("restart") == "no"
    conditions = {each.get("depends_on", {}).get(service, {}).get("condition") for each in SERVICES.values()}

    assert ends == ("service_completed_successfully" in conditions)
