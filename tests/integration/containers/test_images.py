"""An image contains one service, and no secret."""

from __future__ import annotations

import pytest

from anning.services import NAMES
from tests.integration.containers.engine import ROOT, EngineFailed, build, docker, inspect, run

pytestmark = [pytest.mark.container, pytest.mark.timeout(600)]

SHARED = ("anning", "chassis", "contracts")
PAIRS = [(name, other) for name in NAMES for other in NAMES if other != name]


def folders(image: str, path: str) -> set[str]:
    return set(run(image, "-c", f"import os; print(*os.listdir({path!r}), sep='\\n')").split()) - {"__pycache__"}


@pytest.mark.parametrize("name", NAMES)
def test_an_image_contains_its_service_and_the_shared_packages(name: str) -> None:
    image = build(name)

    assert folders(image, "/app") == {*SHARED, "services"}
    assert folders(image, "/app/services") == {"__init__.py", name}


def test_a_build_without_the_name_of_a_service_fails() -> None:
    with pytest.raises(EngineFailed, match="SERVICE"):
        docker("build", "--file", str(ROOT / "deploy" / "Dockerfile"), "--target", "service", str(ROOT))


@pytest.mark.parametrize("name", NAMES)
def test_an_image_runs_its_service_and_lists_no_other(name: str) -> None:
    image = build(name)
    printed = run(
        image, "-c", "import os; from anning.services import NAMES; print(os.environ['ANNING_SERVICE'], *NAMES)"
    )

    assert printed.split() == [name, name]
    assert inspect(image)["Config"]["Cmd"] == ["run"]
    assert f"The service: {name}." in run(image, "run", "--help", entrypoint="anning")


@pytest.mark.parametrize(("name", "other"), PAIRS)
def test_another_service_cannot_be_imported(name: str, other: str) -> None:
    with pytest.raises(EngineFailed, match=f"No module named 'services.{other}'"):
        run(build(name), "-c", f"import services.{other}.service")


@pytest.mark.parametrize("package", ["sandbox", "standalone", "deploy", "tests"])
@pytest.mark.parametrize("name", NAMES)
def test_packages_for_development_cannot_be_imported(name: str, package: str) -> None:
    with pytest.raises(EngineFailed, match=f"No module named '{package}'"):
        run(build(name), "-c", f"import {package}")


@pytest.mark.parametrize("name", NAMES)
def test_all_imports_of_a_service_are_installed(name: str) -> None:
    loaded = run(build(name), "-c", f"from anning.services import load; import chassis.run; print(load({name!r}).name)")

    assert loaded.split() == [name]


@pytest.mark.parametrize("name", [*NAMES, "sandbox"])
def test_an_image_runs_as_a_user_without_write_access(name: str) -> None:
    image = build(name)

    assert run(image, "-c", "import os; print(os.getuid(), os.getgid())").split() == ["10001", "10001"]
    with pytest.raises(EngineFailed, match="PermissionError"):
        run(image, "-c", "open('/app/chassis/clock.py', 'a')")


@pytest.mark.parametrize("name", NAMES)
def test_a_service_without_settings_does_not_start(name: str) -> None:
    with pytest.raises(EngineFailed) as failed:
        run(build(name), "-m", "anning", "run", name)

    for setting in ("ANNING_DATABASE_URL", "ANNING_KAFKA", "ANNING_KAFKA_USERNAME", "ANNING_ISSUER", "ANNING_JWKS_URL"):
        assert setting in str(failed.value)


@pytest.mark.parametrize("name", [*NAMES, "sandbox", "install"])
def test_an_image_contains_no_secret(name: str) -> None:
    image = build(name)
    added = set(inspect(image)["Config"]["Env"]) - set(inspect("python:3.11-slim")["Config"]["Env"])

    assert {each.partition("=")[0] for each in added} <= {
        *("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH"),
        *("ANNING_SERVICE", "ANNING_HOST", "ANNING_PORT", "ANNING_SANDBOX_HOST", "ANNING_SANDBOX_PORT"),
        *("ANNING_MONITORING_HOST", "ANNING_MONITORING_PORT"),
    }
    suspicious = "clients.json key.json keys.json password pgpass .env .pgpass .netrc .git .anning"
    found = run(
        image,
        "-c",
        "import pathlib, sys; names = set(sys.argv[1].split())\n"
        "for each in pathlib.Path('/app').rglob('*'):\n"
        "    if each.name in names or each.is_file() and b'PRIVATE KEY-----' in each.read_bytes(): print(each)",
        suspicious,
    )
    assert not found.split()
