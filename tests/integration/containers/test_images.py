"""An image holds one service, and nothing that is not its own or not public."""

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
def test_a_service_has_its_own_folder_and_what_all_stand_on(name: str) -> None:
    image = build(name)

    assert folders(image, "/app") == {*SHARED, "services"}
    assert folders(image, "/app/services") == {"__init__.py", name}


def test_no_image_is_made_without_the_name_of_a_service() -> None:
    with pytest.raises(EngineFailed, match="SERVICE"):
        docker("build", "--file", str(ROOT / "deploy" / "Dockerfile"), "--target", "service", str(ROOT))


@pytest.mark.parametrize("name", NAMES)
def test_an_image_runs_its_service_and_knows_no_other(name: str) -> None:
    image = build(name)
    printed = run(
        image, "-c", "import os; from anning.services import NAMES; print(os.environ['ANNING_SERVICE'], *NAMES)"
    )

    assert printed.split() == [name, name]
    assert inspect(image)["Config"]["Cmd"] == ["run"]
    assert f"The service: {name}." in run(image, "run", "--help", entrypoint="anning")


@pytest.mark.parametrize(("name", "other"), PAIRS)
def test_what_belongs_to_another_service_cannot_be_imported(name: str, other: str) -> None:
    with pytest.raises(EngineFailed, match=f"No module named 'services.{other}'"):
        run(build(name), "-c", f"import services.{other}.service")


@pytest.mark.parametrize("stranger", ["sandbox", "standalone", "deploy", "tests"])
@pytest.mark.parametrize("name", NAMES)
def test_no_service_can_reach_what_stands_in_for_the_world_outside(name: str, stranger: str) -> None:
    with pytest.raises(EngineFailed, match=f"No module named '{stranger}'"):
        run(build(name), "-c", f"import {stranger}")


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_a_service_imports_is_there(name: str) -> None:
    loaded = run(build(name), "-c", f"from anning.services import load; import chassis.run; print(load({name!r}).name)")

    assert loaded.split() == [name]


@pytest.mark.parametrize("name", [*NAMES, "sandbox"])
def test_an_image_runs_as_a_user_that_can_change_nothing_in_it(name: str) -> None:
    image = build(name)

    assert run(image, "-c", "import os; print(os.getuid(), os.getgid())").split() == ["10001", "10001"]
    with pytest.raises(EngineFailed, match="PermissionError"):
        run(image, "-c", "open('/app/chassis/clock.py', 'a')")


@pytest.mark.parametrize("name", NAMES)
def test_a_service_that_is_told_nothing_does_not_start(name: str) -> None:
    with pytest.raises(EngineFailed) as failed:
        run(build(name), "-m", "anning", "run", name)

    for setting in ("database_url", "kafka", "issuer", "jwks_url"):
        assert setting in str(failed.value)


@pytest.mark.parametrize("name", [*NAMES, "sandbox", "install"])
def test_an_image_holds_no_secret(name: str) -> None:
    image = build(name)
    added = set(inspect(image)["Config"]["Env"]) - set(inspect("python:3.11-slim")["Config"]["Env"])

    assert {each.partition("=")[0] for each in added} <= {
        *("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH"),
        *("ANNING_SERVICE", "ANNING_HOST", "ANNING_PORT", "ANNING_SANDBOX_HOST", "ANNING_SANDBOX_PORT"),
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
