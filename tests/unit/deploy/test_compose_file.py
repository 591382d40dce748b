"""docker-compose.yml agrees with what the system is elsewhere, and tells no secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from anning.services import NAMES
from standalone import kafka, postgres
from tests.parts import containers

ROOT = Path(__file__).resolve().parents[3]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
PLACES = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}


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
