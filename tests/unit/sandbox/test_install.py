"""An installation creates a key, and a client for every organisation, in files that only their owner can read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from contracts.authorities import AUTHORITIES
from contracts.carriers import CARRIERS
from contracts.channels import CHANNELS
from sandbox import install
from sandbox.install import NotInstalled


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "credentials"


def _modes(directory: Path) -> dict[str, str]:
    return {each.name: f"{stat.S_IMODE(each.stat().st_mode):o}" for each in [directory, *directory.iterdir()]}


def test_only_the_owner_can_read_an_installation(directory: Path) -> None:
    install.into(directory)
    assert _modes(directory) == {"credentials": "700", "key.json": "600", "clients.json": "600"}


def test_every_organisation_has_a_client_with_a_unique_secret(directory: Path) -> None:
    install.into(directory)
    clients = install.clients(directory)
    orgs = {each.org for each in clients}
    assert {"regulator:MIIT", "regulator:CA-44"} <= orgs
    assert {f"carrier:{code}" for code in CARRIERS} <= orgs
    assert {f"channel:{code}" for code, each in CHANNELS.items() if not each.of_staff} <= orgs
    assert {f"authority:{code}" for code in AUTHORITIES} - orgs == {"authority:MIIT"}
    assert len({each.secret for each in clients}) == len({each.client_id for each in clients}) == len(clients)
    assert all(len(each.secret) >= 43 for each in clients)


def test_the_scopes_of_a_client_depend_on_the_kind_of_organisation(directory: Path) -> None:
    install.into(directory)
    carrier, channel = install.client(directory, "carrier:CMCC"), install.client(directory, "channel:app")
    assert {"orders:act", "enquiries:answer"} <= set(carrier.scopes)
    assert channel.scopes == ("complaints:withdraw", "complaints:file")
    assert {"complaints:read", "orders:lift"}.isdisjoint(carrier.scopes)
    assert install.client(directory, "authority:SAMR").scopes == ("clues:read", "clues:act", "credit:check")


def test_no_client_may_decide_what_two_persons_decide(directory: Path) -> None:
    install.into(directory)
    scopes = {scope for each in install.clients(directory) for scope in each.scopes}
    acts = {"orders:decide", "credit:decide", "orders:lift", "credit:propose", "complaints:correct"}
    assert acts.isdisjoint(scopes)


def test_an_unknown_client_raises_a_key_error(directory: Path) -> None:
    install.into(directory)
    with pytest.raises(KeyError, match="carrier-NONE"):
        install.client(directory, "carrier:NONE")
    with pytest.raises(KeyError, match="carrier-CMCC-reviewer"):
        install.client_by_id(directory, "carrier-CMCC-reviewer")


def test_two_installations_share_no_key_and_no_secret(tmp_path: Path) -> None:
    install.into(tmp_path / "one")
    install.into(tmp_path / "two")
    assert install.key(tmp_path / "one").kid != install.key(tmp_path / "two").kid
    secrets = [{each.secret for each in install.clients(tmp_path / name)} for name in ("one", "two")]
    assert secrets[0].isdisjoint(secrets[1])


def test_a_second_installation_keeps_key_and_secrets_and_adds_new_clients(directory: Path) -> None:
    install.into(directory)
    key, before = install.key(directory).kid, install.clients(directory)
    install.into(directory, carriers=["TESTMVNO"])
    after = install.clients(directory)
    assert install.key(directory).kid == key
    assert after[: len(before)] == before
    assert [each.org for each in after[len(before) :]] == ["carrier:TESTMVNO"]


def test_files_that_other_users_can_read_are_rejected(directory: Path) -> None:
    install.into(directory)
    (directory / "clients.json").chmod(0o640)
    with pytest.raises(NotInstalled, match=r"can be read by others.*640"):
        install.clients(directory)


def test_the_error_for_a_missing_installation_names_the_command(directory: Path) -> None:
    with pytest.raises(NotInstalled, match=r"python -m sandbox\.install"):
        install.key(directory)


def test_a_printed_client_does_not_show_its_secret(directory: Path) -> None:
    install.into(directory)
    client = install.client(directory, "carrier:CMCC")
    assert client.secret not in f"{client} {client!r}"
